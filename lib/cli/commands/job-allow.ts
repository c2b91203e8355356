import { isIP } from 'node:net'
import { dirname, resolve } from 'node:path'
import type { Job } from '../../job/schema/job.js'
import { type Location, parseLocation, parsePrefix } from '../../job/schema/location.js'

/** What `runJob` may open, as its option `allow`. */
export interface Allowed {
  readonly hosts?: string[]
  readonly addresses?: string[]
  readonly files?: string[]
  readonly buckets?: string[]
  readonly prefixes?: string[]
}

/** The options that open more. */
export interface AllowValues {
  readonly 'allow-host'?: string[]
  readonly 'allow-address'?: string[]
  readonly 'allow-file'?: string[]
  readonly 'allow-bucket'?: string[]
  readonly 'allow-prefix'?: string[]
}

/**
 * What a job may open.
 *
 * @param values - the options
 * @param cwd - what relative paths start from
 * @param job - whose locations are opened, too: those that the user has typed; `undefined` for a job from a file
 */
export function allowed(values: AllowValues, cwd: string, job?: Job): Allowed {
  const { 'allow-bucket': buckets, 'allow-prefix': prefixes } = values
  const { read, written, prefixes: folders } = job === undefined ? NONE : locationsOf(job)
  const urls = read.flatMap(location => (location.kind === 'http' ? [location.url] : []))
  const files = [
    ...read.flatMap(pathOf),
    ...written.flatMap(pathOf).map(path => dirname(path)),
    ...folders.flatMap(pathOf),
  ]
  const list = {
    hosts: [...(values['allow-host'] ?? []), ...urls.map(hostEntry)],
    addresses: [...(values['allow-address'] ?? []), ...urls.flatMap(ownAddresses)],
    files: [...(values['allow-file'] ?? []).map(path => resolve(cwd, path)), ...files],
    buckets: buckets ?? [],
    prefixes: prefixes ?? [],
  }
  return Object.fromEntries(Object.entries(list).filter(([, entries]) => entries.length > 0))
}

interface Locations {
  readonly read: readonly Location[]
  readonly written: readonly Location[]
  readonly prefixes: readonly Location[]
}

const NONE: Locations = { read: [], written: [], prefixes: [] }

function locationsOf({ inputs, outputs }: Job): Locations {
  const urls = outputs.flatMap(output => ('url' in output && output.url !== undefined ? [output.url] : []))
  const prefixes = outputs.flatMap(output => ('prefix' in output ? [output.prefix] : []))
  const known = (location: Location | undefined) => location !== undefined
  return {
    read: inputs.map(({ url }) => parseLocation(url)).filter(known),
    written: urls.map(parseLocation).filter(known),
    prefixes: prefixes.map(parsePrefix).filter(known),
  }
}

function pathOf(location: Location): string[] {
  return location.kind === 'file' ? [location.path] : []
}

function hostEntry({ protocol, host }: URL): string {
  return protocol === 'http:' ? `http://${host}` : host
}

/** An address that the user has typed is meant, be it that of this machine. */
function ownAddresses({ hostname }: URL): string[] {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0) return [host]
  return host === 'localhost' ? ['127.0.0.1', '::1'] : []
}
