import type { Transport } from '@kaito-sdk/core';

/** Asks the server to refuse writes with unknown or duplicate fields, where it would drop them with a warning. */
export function strictTransport(inner: Transport): Transport {
  return {
    request(request) {
      if (request.method === 'GET' || request.method === 'DELETE') return inner.request(request);
      const separator = request.path.includes('?') ? '&' : '?';
      return inner.request({ ...request, path: `${request.path}${separator}fieldValidation=Strict` });
    },
    close: async () => inner.close?.(),
  };
}
