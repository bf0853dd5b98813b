export { adapterLoader, type LoaderStandInOptions } from './adapter-loader.js';
export { type DataImageOptions, dataImage } from './data-image.js';
export type { ContainerStart, ImageProgram, ProcessSpec, Refusal } from './image-program.js';
