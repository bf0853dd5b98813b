import { type InstanceCatalog, type InstanceOverride, overriddenInstances } from '@kaito-sdk/core';
import { IsIn, IsInt, IsNotEmpty, IsObject, IsOptional, IsPositive, IsString, Matches, Min } from 'class-validator';
import { configErrorCodes } from './config.js';
import { viewErrors } from './view-errors.js';

const DAY = /^\d{4}-\d{2}-\d{2}$/;

class OverrideView {
  @IsString()
  @IsNotEmpty()
  name!: string;

  @IsOptional()
  @IsObject()
  gpu?: object;

  @IsOptional()
  @IsPositive()
  diskGiB?: number;

  @IsOptional()
  @IsObject()
  price?: object;

  @IsOptional()
  @Matches(/^$|^\d{4}-\d{2}-\d{2}$/, { message: 'retiredOn must be YYYY-MM-DD, or empty to take a retirement back' })
  retiredOn?: string;
}

class GpuView {
  @IsOptional()
  @IsIn(['nvidia', 'amd'])
  vendor?: string;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  model?: string;

  @IsOptional()
  @IsInt()
  @Min(1)
  count?: number;

  @IsOptional()
  @IsPositive()
  memoryGiB?: number;

  @IsOptional()
  @IsPositive()
  computeCapability?: number;
}

class PriceView {
  @IsPositive()
  usdPerHour!: number;

  @IsString()
  @IsNotEmpty()
  region!: string;

  @Matches(DAY, { message: 'asOf must be YYYY-MM-DD' })
  asOf!: string;
}

/** The catalogs with the `instanceTypes` of the configuration: changed ones, and ones that no catalog has. */
export function withInstanceTypes(
  catalogs: readonly InstanceCatalog[],
  overrides: readonly unknown[],
  source: string,
): readonly InstanceCatalog[] {
  const causes = overrides.flatMap((override, index) => overrideErrors(override, `instanceTypes[${index}]`));
  if (causes.length > 0) throw configErrorCodes.CONFIG_INVALID(source, causes.join('; '));
  const { catalogs: changed, problems } = overriddenInstances(catalogs, overrides as readonly InstanceOverride[]);
  if (problems.length > 0) throw configErrorCodes.CONFIG_INVALID(source, `instanceTypes: ${problems.join('; ')}`);
  return changed;
}

function overrideErrors(override: unknown, where: string): readonly string[] {
  const { gpu, price } = (override ?? {}) as { readonly gpu?: unknown; readonly price?: unknown };
  return [
    ...viewErrors(OverrideView, override, where),
    ...(gpu === undefined ? [] : viewErrors(GpuView, gpu, `${where}.gpu`)),
    ...(price === undefined ? [] : viewErrors(PriceView, price, `${where}.price`)),
  ];
}
