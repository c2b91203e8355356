import { filtersOf } from '../../ffmpeg/args/filtergraph.js'
import { UnsplitReason } from './unsplit.js'

/**
 * The number of neighboring frames that a filter uses. A chunk begins without earlier frames, so a filter with memory
 * gives its first frames other pixels than in a single run, and a filter that counts frames starts again.
 *
 * Only the filters in these lists can be split; new ones, and those of a custom build, can't.
 */

/** Filters whose output frame depends on one input frame and its time. */
const STILL = new Set(
  (
    'null copy format noformat scale zscale scale2ref crop pad setsar setdar setfield setparams setrange colorspace ' +
    'colormatrix colorchannelmixer colorbalance colorcontrast colorcorrect colorlevels colorhold colorkey colorize ' +
    'colortemperature chromakey chromanr chromashift chromahold rgbashift curves eq exposure vibrance hue ' +
    'huesaturation lut lutrgb lutyuv monochrome grayworld selectivecolor negate limiter transpose hflip vflip rotate ' +
    'shear perspective lenscorrection unsharp gblur boxblur avgblur dblur yaepblur sab smartblur bilateral median ' +
    'removegrain cas deblock deband gradfun delogo dilation erosion inflate deflate convolution sobel prewitt ' +
    'roberts kirsch scharr edgedetect nlmeans fillborders drawbox drawgrid vignette tonemap swapuv swaprect ' +
    'shuffleplanes histeq greyedge pixelize premultiply unpremultiply il fieldorder sidedata'
  ).split(' '),
)

/** Filters that use neighboring frames, and the maximum on each side. */
const WINDOWS: Readonly<Record<string, number>> = { yadif: 2, bwdif: 2, w3fdif: 2, estdif: 2 }

/** Deinterlacers in these modes make two frames from one. */
const DOUBLING = /^(?:1|3|send_field|send_field_nospatial|field)$/

/** Expressions that count frames or are random. */
const COUNTS = /(?<![\w.])(?:n(?!\w)|random\(|prev_)/

/**
 * The number of additional frames on each side of a chunk that its filters need for the same output as in a single run.
 *
 * @param graph - the value of `-vf`
 * @throws {@link UnsplitReason} for a filter that has memory, counts frames, or is unknown
 */
export function filterMargin(graph: string): number {
  if (graph === '') return 0
  if (/[[\];]/.test(graph.replace(/\\.|'[^']*'/g, '')))
    throw new UnsplitReason(
      'filter',
      'Only a plain chain of video filters can be split, not a graph with labels.',
    )
  let margin = 0
  for (const { name, options } of filtersOf(graph)) {
    const window = WINDOWS[name]
    if (window === undefined && !STILL.has(name)) {
      throw new UnsplitReason(
        'filter',
        `The filter "${name}" is not known to treat each frame by itself: at the start of each chunk it could give ` +
          'other frames than in the whole.',
      )
    }
    for (const { key, value } of options) {
      if (COUNTS.test(value)) {
        throw new UnsplitReason(
          'filter',
          `The filter "${name}" counts frames ("${value}"), and a chunk starts counting anew. Use the time "t" ` +
            'instead.',
        )
      }
      if (window !== undefined && (key === undefined || key === 'mode') && DOUBLING.test(value)) {
        throw new UnsplitReason(
          'filter',
          `The filter "${name}" makes two frames of one ("${value}"), off the grid of the output.`,
        )
      }
    }
    margin += window ?? 0
  }
  return margin
}
