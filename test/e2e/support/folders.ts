import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../../vscode/paths';

const made: string[] = [];

async function newFolder(name: string): Promise<string> {
  const parent = await mkdtemp(path.join(await realpath(tmpdir()), 'fanout-e2e-'));
  made.push(parent);
  const folder = path.join(parent, name);
  await mkdir(folder);
  return folder;
}

/** A fresh folder with these files in it (path inside the folder -> text); removed when all tests are over. */
export async function makeFolder(files: Readonly<Record<string, string>> = {}, name = 'project'): Promise<string> {
  const folder = await newFolder(name);
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), text);
  }
  return folder;
}

/** A fresh copy of test/fixtures/shop: src/cart.ts and its neighbours, a few TODOs in src, three test files. */
export async function makeShop(): Promise<string> {
  const folder = await newFolder('shop');
  await cp(path.join(projectRoot, 'test', 'fixtures', 'shop'), folder, { recursive: true });
  return folder;
}

export async function removeFolders(): Promise<void> {
  await Promise.all(made.splice(0).map((folder) => rm(folder, { recursive: true, force: true, maxRetries: 5 })));
}
