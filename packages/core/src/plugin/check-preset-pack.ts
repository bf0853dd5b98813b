import {
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsPositive,
  IsString,
  Matches,
  Min,
} from 'class-validator';
import { configErrors } from './plugin-config.js';
import { PRESET_PACK_VERSION } from './preset-pack.js';

/*
 * The classes below are views for validation only: the pack itself stays plain JSON. Fields that they do not know are errors,
 * because a mistyped optional field would otherwise be a silent loss.
 */

class PackView {
  @IsString()
  @IsNotEmpty()
  name!: string;

  @IsOptional()
  @IsIn([PRESET_PACK_VERSION])
  apiVersion?: string;

  @IsArray()
  models!: unknown[];
}

class PresetView {
  @IsString()
  @Matches(/^[A-Za-z0-9][\w./-]*$/, { message: 'name must be letters, digits, dots, dashes and slashes' })
  name!: string;

  @IsObject()
  model!: object;

  @IsObject()
  weights!: object;

  @IsObject()
  licence!: object;

  @IsPositive()
  diskBytes!: number;

  @IsObject()
  runtimes!: object;

  @IsObject()
  sources!: object;

  @IsOptional()
  @IsArray()
  images?: unknown[];

  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  adapterTargets?: string[];

  @IsOptional()
  @IsObject()
  deprecated?: object;
}

class ArchitectureView {
  @IsString()
  @IsNotEmpty()
  architecture!: string;

  @IsInt()
  @Min(1)
  parameters!: number;

  @IsInt()
  @Min(1)
  layers!: number;

  @IsInt()
  @Min(1)
  hiddenSize!: number;

  @IsInt()
  @Min(1)
  intermediateSize!: number;

  @IsInt()
  @Min(1)
  attentionHeads!: number;

  @IsInt()
  @Min(1)
  kvHeads!: number;

  @IsInt()
  @Min(1)
  headDim!: number;

  @IsInt()
  @Min(1)
  vocabSize!: number;

  @IsInt()
  @Min(1)
  contextLength!: number;

  @IsOptional()
  @IsInt()
  @Min(1)
  latentCacheWidth?: number;

  @IsOptional()
  @IsInt()
  @Min(1)
  slidingWindow?: number;

  @IsOptional()
  @IsInt()
  @Min(0)
  slidingWindowLayers?: number;

  @IsOptional()
  @IsObject()
  rope?: object;

  @IsOptional()
  @IsObject()
  experts?: object;

  @IsOptional()
  @IsBoolean()
  tiedEmbeddings?: boolean;

  @IsOptional()
  @IsBoolean()
  remoteCode?: boolean;

  @IsIn(['bfloat16', 'float16', 'float32'])
  dtype!: string;

  @IsOptional()
  @IsObject()
  quantization?: object;

  @IsOptional()
  @IsPositive()
  weightBytes?: number;
}

class WeightsView {
  @IsString()
  @Matches(/^[\w.-]+\/[\w.-]+$/, { message: 'repository must be written as org/name' })
  repository!: string;

  @IsOptional()
  @IsString()
  @Matches(/^[0-9a-f]{7,64}$/, {
    message: 'revision must be a commit in hexadecimal digits: a branch can move under a running model',
  })
  revision?: string;

  @IsBoolean()
  gated!: boolean;
}

class LicenceView {
  @IsString()
  @IsNotEmpty()
  spdx!: string;

  @IsString()
  @IsNotEmpty()
  source!: string;
}

class RopeView {
  @IsIn(['longrope'])
  type!: string;

  @IsInt()
  @Min(1)
  originalContext!: number;
}

class ExpertsView {
  @IsInt()
  @Min(1)
  count!: number;

  @IsInt()
  @Min(1)
  perToken!: number;
}

class QuantizationView {
  @IsString()
  @IsNotEmpty()
  method!: string;

  @IsInt()
  @IsIn([2, 3, 4, 5, 6, 8])
  bits!: number;
}

class PublishedImageView {
  @IsString()
  @Matches(/^[\w./-]+:[\w.-]+$/, { message: 'image must be written as name:tag' })
  image!: string;

  @IsString()
  @IsNotEmpty()
  release!: string;

  @IsString()
  @IsNotEmpty()
  server!: string;
}

class DeprecationView {
  @IsString()
  @IsNotEmpty()
  reason!: string;

  @IsString()
  @IsNotEmpty()
  instead!: string;
}

type View = new () => object;

/**
 * Everything that is wrong with a preset pack, one sentence a field, with the path of the field and the name of the model. Empty
 * when all is well. Never throws, whatever is passed: packs are loaded from packages that nobody here has seen.
 */
export function presetPackErrors(pack: unknown): readonly string[] {
  const errors = viewErrors(PackView, pack, '');
  const models = (pack as { readonly models?: unknown } | null | undefined)?.models;
  if (!Array.isArray(models)) return errors;
  return [...errors, ...models.flatMap((model: unknown, index) => presetErrors(model, whereOf(model, index)))];
}

function presetErrors(preset: unknown, where: string): readonly string[] {
  const errors = viewErrors(PresetView, preset, where);
  if (!isMap(preset)) return errors;
  const parts: readonly (readonly [name: string, view: View])[] = [
    ['model', ArchitectureView],
    ['weights', WeightsView],
    ['licence', LicenceView],
    ['deprecated', DeprecationView],
  ];
  const inner = parts.flatMap(([name, view]) => part(preset, name, view, where));
  const { model, images } = preset;
  const pictures = (Array.isArray(images) ? images : []).flatMap((image: unknown, index) =>
    viewErrors(PublishedImageView, image, `${where}images[${index}].`),
  );
  inner.push(...pictures);
  if (!isMap(model)) return [...errors, ...inner];
  const deeper = [
    ...part(model, 'rope', RopeView, `${where}model.`),
    ...part(model, 'experts', ExpertsView, `${where}model.`),
    ...part(model, 'quantization', QuantizationView, `${where}model.`),
  ];
  return [...errors, ...inner, ...deeper, ...contradictions(model, `${where}model.`)];
}

/** What no single field can tell. */
function contradictions(model: Readonly<Record<string, unknown>>, where: string): readonly string[] {
  const { attentionHeads, kvHeads, layers, slidingWindow, slidingWindowLayers } = model;
  const errors: string[] = [];
  if (isCount(attentionHeads) && isCount(kvHeads) && attentionHeads % kvHeads !== 0) {
    errors.push(`${where}kvHeads: ${attentionHeads} attention heads cannot share ${kvHeads} key-value heads evenly`);
  }
  if (isCount(slidingWindowLayers) && isCount(layers) && slidingWindowLayers > layers) {
    errors.push(`${where}slidingWindowLayers: there are only ${layers} layers`);
  }
  if (isCount(slidingWindowLayers) && slidingWindow === undefined) {
    errors.push(`${where}slidingWindow: must be said when slidingWindowLayers is`);
  }
  return errors;
}

function part(whole: Readonly<Record<string, unknown>>, name: string, view: View, where: string): readonly string[] {
  const value = whole[name];
  return isMap(value) ? viewErrors(view, value, `${where}${name}.`) : [];
}

function viewErrors(view: View, value: unknown, where: string): readonly string[] {
  if (!isMap(value)) return [`${where === '' ? 'the pack' : where.replace(/\.$/, '')} must be an object`];
  return configErrors(Object.assign(new view(), value)).map((error) => `${where}${error}`);
}

function whereOf(model: unknown, index: number): string {
  const name = isMap(model) && typeof model.name === 'string' ? ` (${model.name})` : '';
  return `models[${index}]${name}.`;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && value > 0;
}
