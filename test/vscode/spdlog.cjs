// Stands in for @vscode/spdlog, VS Code's native log writer, which would have to be compiled: without it there are no log
// files, and the Output panel stays empty. Same interface; each entry is written at once. No size limit, no rotation.
const { appendFileSync, mkdirSync } = require('node:fs');
const path = require('node:path');

const levels = ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off'];

/** Local time, as VS Code's own pattern has it: `2026-11-30 09:05:00.120`. */
function timestamp() {
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  return local.toISOString().replace('T', ' ').replace('Z', '');
}

class Logger {
  constructor(_type, _name, file) {
    mkdirSync(path.dirname(file), { recursive: true });
    this.file = file;
    this.level = levels.indexOf('info');
    this.formatted = true;
  }

  write(level, text) {
    if (levels.indexOf(level) < this.level) return;
    const entry = this.formatted ? `${timestamp()} [${level}] ${text}\n` : text;
    try {
      appendFileSync(this.file, entry);
    } catch {
      // The folder is gone: the server is about to end, and nobody reads its log.
    }
  }

  trace(text) {
    this.write('trace', text);
  }
  debug(text) {
    this.write('debug', text);
  }
  info(text) {
    this.write('info', text);
  }
  warn(text) {
    this.write('warning', text);
  }
  error(text) {
    this.write('error', text);
  }
  critical(text) {
    this.write('critical', text);
  }

  getLevel() {
    return this.level;
  }
  setLevel(level) {
    this.level = level;
  }
  setPattern() {
    this.formatted = true;
  }
  clearFormatters() {
    this.formatted = false;
  }
  flush() {}
  drop() {}
}

const create = (type) => async (name, file) => new Logger(type, name, file);

exports.version = 1;
exports.setLevel = () => {};
exports.setFlushOn = () => {};
exports.Logger = Logger;
exports.createRotatingLogger = create('rotating');
exports.createAsyncRotatingLogger = create('rotating_async');
