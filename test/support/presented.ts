import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { readMovie } from '../../lib/mp4/index/read-moov.js'
import { ffprobeJson } from './media.js'

/** What an MP4 tells its players, beside the media themselves. */
export interface Presented {
  /** Its tracks: codecs, colors, shapes, rates, lengths, languages. */
  readonly streams: readonly Record<string, unknown>[]
  readonly edits: readonly unknown[]
  /** Times and flags of the packets of each track. */
  readonly packets: readonly (readonly string[])[]
  /** The first frame of each GOP, with the side data of players: mastering display, light level, rotation. */
  readonly keys: readonly { readonly data: readonly { readonly side_data_type: string }[] }[]
}

const STREAM =
  'codec_name,profile,codec_tag_string,width,height,pix_fmt,sample_aspect_ratio,color_range,color_space,color_transfer,' +
  'color_primaries,chroma_location,field_order,r_frame_rate,avg_frame_rate,time_base,start_pts,duration_ts,nb_frames,' +
  'has_b_frames,channels,sample_rate,bits_per_raw_sample:stream_disposition=default:stream_tags=language,timecode:' +
  'stream_side_data'
const FRAME =
  'media_type,pts,interlaced_frame,top_field_first,color_space,color_transfer,color_primaries:frame_side_data'

/** Its order of the encoder's settings is no business of a player. */
const OF_ENCODER = /User Data Unregistered/

/** Reads all that two equal MP4s have in common, whoever encoded them. */
export async function presented(bytes: Buffer): Promise<Presented> {
  const { streams, packets_and_frames: parts } = await ffprobeJson<{
    streams: Record<string, unknown>[]
    packets_and_frames: Record<string, unknown>[]
  }>(bytes, [
    ...['-show_streams', '-show_packets', '-skip_frame', 'nokey', '-show_frames', '-show_entries'],
    `packet=stream_index,pts,dts,duration,flags:stream=${STREAM}:frame=${FRAME}`,
  ])
  const packets = parts.filter(({ type }) => type === 'packet')
  const frames = parts.filter(one => one['type'] === 'frame' && one['media_type'] === 'video')
  const { movie } = await readMovie(new BytesSource({ bytes }))
  return {
    streams,
    // The movie's clock is the choice of the muxer.
    edits: movie.tracks.map(({ edits }) =>
      edits.map(edit => ({ ...edit, segmentDuration: edit.segmentDuration / movie.timescale })),
    ),
    packets: streams.map((_, track) =>
      packets
        .filter(({ stream_index: index }) => index === track)
        .map(({ pts, dts, duration, flags }) => [pts, dts, duration, String(flags).slice(0, 1)].join(' ')),
    ),
    keys: frames.map(({ side_data_list: data = [], ...frame }) => ({
      ...frame,
      data: (data as { side_data_type: string }[]).filter(
        ({ side_data_type: type }) => !OF_ENCODER.test(type),
      ),
    })),
  }
}
