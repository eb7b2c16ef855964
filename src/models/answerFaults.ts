import type { IncomingHttpHeaders } from 'node:http';

/** An answer with a status of failure; in the shape in which the vendors' packages tell it. */
export class HttpFault extends Error {
  readonly statusCode: number;
  readonly responseBody: string;
  readonly responseHeaders: Readonly<Record<string, string>>;

  constructor(statusCode: number, responseBody: string, headers: IncomingHttpHeaders) {
    super(`The server answered ${statusCode}.`);
    this.name = 'HttpFault';
    this.statusCode = statusCode;
    this.responseBody = responseBody;
    this.responseHeaders = Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
    );
  }
}

/** A fault that a server reports within an answer that began well. */
export class VendorFault extends Error {
  /** What it sent: JSON or a text. */
  readonly data: unknown;

  constructor(data: unknown) {
    super('The server reported a fault within its answer.');
    this.name = 'VendorFault';
    this.data = data;
  }
}

/** An answer of status 200 that is no reply of a model: a page, or words of a server of another kind. */
export class NotAReplyError extends Error {
  /** JSON or a text. */
  readonly body: unknown;

  constructor(body: unknown) {
    super('The answer is no reply of a model.');
    this.name = 'NotAReplyError';
    this.body = body;
  }
}
