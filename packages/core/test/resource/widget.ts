import { IsBoolean, IsEmail, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { Column, Conditions, Embedded, Field, ListMap, Resource, Rule } from '../../dist/resource/index.js';

/** A class that uses everything once, for the tests of this folder. */

export class Port {
  @Field({ type: 'string', maxLength: 15 })
  name!: string;

  @Field({ type: 'integer', min: 1, max: 65535, immutable: true })
  number!: number;

  @Field({ intOrString: true, optional: true })
  target?: number | string;
}

@Rule('!has(self.max) || self.min <= self.max', 'max must not be below min', { fieldPath: '.max' })
export class Range {
  @IsInt()
  @Min(0)
  min!: number;

  @IsInt()
  @Max(100)
  @IsOptional()
  max?: number;
}

export class WidgetSpec {
  @Field({ enum: ['small', 'large'], default: 'small', description: 'How big.' })
  size?: string;

  @IsString()
  @Length(2, 8)
  @Field({ immutable: 'once-set', optional: true })
  colour?: string;

  @IsBoolean()
  enabled!: boolean;

  @IsOptional()
  @IsString()
  @IsEmail()
  contact?: string;

  @Field({ type: () => Range, optional: true })
  range?: Range;

  @ListMap(() => Port, 'name', { optional: true, maxItems: 5 })
  ports?: Port[];

  @Field({ items: { type: 'string', pattern: '^[a-z]+$' }, listType: 'set', optional: true, maxItems: 10 })
  tags?: string[];

  @Field({ values: { type: 'number', exclusiveMin: 0 }, optional: true, mapType: 'atomic' })
  weights?: Record<string, number>;

  @Embedded('PodTemplateSpec', { optional: true })
  template?: object;

  @Field({ type: 'string', optional: true, nullable: true })
  note?: string | null;

  @Field({ type: 'string', optional: true, versions: ['v1'] })
  newer?: string;
}

export class WidgetStatus {
  @Conditions()
  conditions?: unknown[];
}

@Resource({
  group: 'example.dev',
  versions: [
    { name: 'v1', storage: true },
    { name: 'v1alpha1', deprecated: 'use v1' },
  ],
  kind: 'Widget',
  shortNames: ['wd'],
  description: 'A thing.',
})
@Column('Size', { path: '.spec.size' })
@Column('Ready', { condition: 'Ready' })
@Column('Ports', { path: '.spec.ports[*].name', wide: true, description: 'All of them.' })
@Rule("self.spec.enabled || self.metadata.name != 'main'", 'the widget called main cannot be switched off', {
  reason: 'Forbidden',
})
export class Widget {
  apiVersion!: string;
  kind!: string;
  metadata!: object;

  @Field({ type: () => WidgetSpec })
  spec!: WidgetSpec;

  @Field({ type: () => WidgetStatus, optional: true })
  status?: WidgetStatus;
}

/** A valid Widget with some fields of its spec set otherwise; `undefined` leaves one out. */
export function aWidget(spec: Record<string, unknown> = {}, name = 'w'): Record<string, unknown> {
  const whole = Object.entries({ enabled: true, ...spec }).filter(([, value]) => value !== undefined);
  return { apiVersion: 'example.dev/v1', kind: 'Widget', metadata: { name }, spec: Object.fromEntries(whole) };
}
