export { cacheBytesPerToken, numberBytes } from '@kaito-sdk/core';
