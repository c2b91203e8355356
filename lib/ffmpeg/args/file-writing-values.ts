import { type Filter, filtersOf } from './filtergraph.js'

/**
 * Options of filters and encoders that make ffmpeg write a file, which no stage does (promise 6). The lists cover
 * ffmpeg 5.1 to 9.0; a test compares the list of filters with the installed binary.
 */

/**
 * Filters that write a file: the options that name it, and the position at which one may appear without its name.
 * Without `options` the filter always writes one.
 */
export const FILE_FILTERS: Readonly<
  Record<string, { readonly options?: readonly string[]; readonly place?: number }>
> = {
  metadata: { options: ['file'], place: 5 },
  ametadata: { options: ['file'], place: 5 },
  curves: { options: ['plot'], place: 7 },
  deshake: { options: ['filename'], place: 10 },
  firequalizer: { options: ['dumpfile'], place: 9 },
  libplacebo: { options: ['shader_cache'] },
  libvmaf: { options: ['log_path'], place: 1 },
  libvmaf_cuda: { options: ['log_path'], place: 1 },
  loudnorm: { options: ['stats_file'], place: 11 },
  paletteuse: { options: ['debug_kdtree'], place: 5 },
  psnr: { options: ['stats_file', 'f'], place: 0 },
  signature: { options: ['filename'], place: 2 },
  ssim: { options: ['stats_file', 'f'], place: 0 },
  ssim360: { options: ['stats_file', 'f'], place: 0 },
  vidstabdetect: {},
  vidstabtransform: { options: ['debug'] },
  vmafmotion: { options: ['stats_file'], place: 0 },
  xpsnr: { options: ['stats_file', 'f'], place: 0 },
}

/** Encoder parameters (`-x264-params`, `-x265-params` …) that name a file; most of them write it. */
export const FILE_PARAMETERS: readonly string[] = [
  ...['stats', 'csv', 'recon', 'dump-yuv', 'opencl-clbin', 'qpfile', 'cqmfile'],
  ...['analysis-save', 'analysis-reuse-file', 'rcstatsfile', 'tracefile', 'fpf'],
]

/** The part of a filtergraph that writes a file, for messages: `psnr=stats_file`; `undefined` if none does. */
export function fileFilter(graph: string): string | undefined {
  for (const filter of filtersOf(graph)) {
    const option = fileOption(filter)
    if (option !== undefined) return option === '' ? filter.name : `${filter.name}=${option}`
  }
  return undefined
}

function fileOption({ name, options }: Filter): string | undefined {
  const writer = Object.hasOwn(FILE_FILTERS, name) ? FILE_FILTERS[name]! : undefined
  if (writer === undefined) return undefined
  const { options: named, place = Infinity } = writer
  if (named === undefined) return ''
  const found = options.find(({ key }) => key !== undefined && named.includes(key))
  if (found !== undefined) return found.key
  return options.filter(({ key }) => key === undefined).length > place ? named[0] : undefined
}

/** The parameter in an encoder's list (`a=1:b=2`) that names a file; `undefined` if none does. */
export function fileParameter(list: string): string | undefined {
  return list
    .split(/[:,]/)
    .map(entry => entry.split('=')[0]!.trim().replaceAll('_', '-').toLowerCase())
    .find(key => FILE_PARAMETERS.includes(key))
}
