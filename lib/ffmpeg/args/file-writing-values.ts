import { type Filter, filtersOf } from './filtergraph.js'

/**
 * Options of filters and encoders by which ffmpeg writes a file, which no stage does (promise 6). The lists are of
 * ffmpeg 5.1 to 9.0; a test holds that of filters to the binary at hand.
 */

/**
 * Filters that write a file: the options that name it, and the place where one can stand without its name. No options:
 * the filter always writes one.
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

/** Parameters of encoders (`-x264-params`, `-x265-params` …) that name a file: most write it. */
export const FILE_PARAMETERS: readonly string[] = [
  ...['stats', 'csv', 'recon', 'dump-yuv', 'opencl-clbin', 'qpfile', 'cqmfile'],
  ...['analysis-save', 'analysis-reuse-file', 'rcstatsfile', 'tracefile', 'fpf'],
]

/** What of a filtergraph writes a file, as it is to be told: `psnr=stats_file`; `undefined` where nothing does. */
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

/** The parameter of an encoder's list (`a=1:b=2`) that names a file; `undefined` where none does. */
export function fileParameter(list: string): string | undefined {
  return list
    .split(/[:,]/)
    .map(entry => entry.split('=')[0]!.trim().replaceAll('_', '-').toLowerCase())
    .find(key => FILE_PARAMETERS.includes(key))
}
