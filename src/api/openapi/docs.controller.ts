import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { Download } from '../kit/reply.js';
import { defineRoute, Handle, Input, type InputOf } from '../kit/route.js';

const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // Swagger UI sets styles on its elements.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Countfree API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body>
<noscript><p>This page needs JavaScript. The same is in <a href="/openapi.json">/openapi.json</a>.</p></noscript>
<div id="page"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

// validatorUrl: without it the page would send this host's address to a public validator.
const START = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#page',
  validatorUrl: null,
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
});
`;

const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const getOpenApi = defineRoute({
  method: 'GET',
  path: '/openapi.json',
  operationId: 'getOpenApi',
  tag: 'operation',
  summary: 'This document',
  scopes: 'public',
  otherResponseTypes: ['application/json'],
  status: 200,
});
const getDocs = defineRoute({
  method: 'GET',
  path: '/docs',
  operationId: 'getDocs',
  tag: 'operation',
  summary: 'This document as pages to read',
  scopes: 'public',
  otherResponseTypes: ['text/html'],
  status: 200,
});
const getDocsAsset = defineRoute({
  method: 'GET',
  path: '/docs/{file}',
  operationId: 'getDocsAsset',
  tag: 'operation',
  summary: 'A file of those pages',
  scopes: 'public',
  params: z.strictObject({
    file: z.enum(['start.js', 'swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']),
  }),
  otherResponseTypes: ['text/javascript', 'text/css', 'image/png'],
  status: 200,
});

/** The document and its pages. Everything comes from this host: the pages fetch nothing from elsewhere. */
@Controller()
export class DocsController {
  private readonly folder = pathToFileURL(
    createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'),
  );

  @Handle(getOpenApi)
  async document(): Promise<Download> {
    // The document is made from the list of controllers, in which this one stands.
    const { openApiText } = await import('./openapi.js');
    return new Download('application/json; charset=utf-8', openApiText(), {
      headers: { 'cache-control': 'public, max-age=60' },
    });
  }

  @Handle(getDocs)
  page(): Download {
    return new Download('text/html; charset=utf-8', PAGE, {
      headers: { 'content-security-policy': PAGE_POLICY },
    });
  }

  @Handle(getDocsAsset)
  async asset(@Input() { params: { file } }: InputOf<typeof getDocsAsset>): Promise<Download> {
    const headers = { 'cache-control': 'public, max-age=3600' };
    if (file === 'start.js') return new Download('text/javascript; charset=utf-8', START, { headers });
    const content = await readFile(new URL(file, this.folder));
    return new Download(ASSETS[file] ?? 'application/octet-stream', content, { headers });
  }
}
