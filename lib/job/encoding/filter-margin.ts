import { filtersOf } from '../../ffmpeg/args/filtergraph.js'
import { UnsplitReason } from './unsplit.js'

/**
 * How many frames around a frame a filter looks at. A chunk begins with no memory, so a filter that remembers gives its
 * first frames other pixels than it would in the whole, and a filter that counts starts anew.
 *
 * Only filters of these lists are split. New ones, and those of a custom build, are not.
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

/** Filters that also look at some neighbors, and how many on each side at most. */
const WINDOWS: Readonly<Record<string, number>> = { yadif: 2, bwdif: 2, w3fdif: 2, estdif: 2 }

/** Deinterlacers in these modes make two frames of one. */
const DOUBLING = /^(?:1|3|send_field|send_field_nospatial|field)$/

/** Expressions that count frames, or roll dice. */
const COUNTS = /(?<![\w.])(?:n(?!\w)|random\(|prev_)/

/**
 * The frames on each side of a chunk that its filters have to see as well, so that its own frames come out as in the
 * whole.
 *
 * @param graph - the value of `-vf`
 * @throws {@link UnsplitReason} for a filter that remembers, counts, or is unknown
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
