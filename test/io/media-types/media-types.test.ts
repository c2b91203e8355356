import t from 'tap'
import { muxerOf } from '../../../lib/ffmpeg/args/muxers.js'
import { mediaTypeFor, mediaTypeOfName, mediaTypesOfMuxer } from '../../../lib/io/media-types/media-types.js'

t.test('knows the endings of media, playlists, subtitles and images', async t => {
  for (const [endings, type] of [
    ['mp4 m4v m4s', 'video/mp4'],
    ['m4a m4b', 'audio/mp4'],
    ['mov qt', 'video/quicktime'],
    ['mkv', 'video/matroska'],
    ['mka', 'audio/matroska'],
    ['webm', 'video/webm'],
    ['weba', 'audio/webm'],
    ['ts m2ts mts', 'video/mp2t'],
    ['mpg mpeg', 'video/mpeg'],
    ['ogg oga opus spx', 'audio/ogg'],
    ['ogv', 'video/ogg'],
    ['ogx', 'application/ogg'],
    ['3gp', 'video/3gpp'],
    ['3g2', 'video/3gpp2'],
    ['avi', 'video/x-msvideo'],
    ['flv', 'video/x-flv'],
    ['asf', 'application/vnd.ms-asf'],
    ['mxf', 'application/mxf'],
    ['mp3 mp2', 'audio/mpeg'],
    ['aac', 'audio/aac'],
    ['flac', 'audio/flac'],
    ['wav', 'audio/wav'],
    ['ac3', 'audio/ac3'],
    ['eac3 ec3', 'audio/eac3'],
    ['dts', 'audio/vnd.dts'],
    ['amr', 'audio/amr'],
    ['caf', 'audio/x-caf'],
    ['m3u8', 'application/vnd.apple.mpegurl'],
    ['mpd', 'application/dash+xml'],
    ['vtt', 'text/vtt'],
    ['srt', 'application/x-subrip'],
    ['ttml', 'application/ttml+xml'],
    ['jpg jpeg', 'image/jpeg'],
    ['png', 'image/png'],
    ['gif', 'image/gif'],
    ['webp', 'image/webp'],
    ['avif', 'image/avif'],
    ['apng', 'image/apng'],
  ] as const) {
    for (const ending of endings.split(' ')) t.equal(mediaTypeOfName(`a/b.c.${ending}`), type, ending)
  }
})

t.test('ignores the case of an ending, and names without one', async t => {
  t.equal(mediaTypeOfName('A.MP4'), 'video/mp4')
  for (const name of ['mp4', 'mp4/', 'a.mp4/b', 'a.', 'a.constructor', 'a.mp4 ', '']) {
    t.equal(mediaTypeOfName(name), undefined, name)
  }
})

t.test('knows the media types of muxers that can stream', async t => {
  for (const [muxers, types] of [
    ['mp4 ipod psp f4v ismv', ['video/mp4', 'audio/mp4']],
    ['mov', ['video/quicktime']],
    ['3gp', ['video/3gpp', 'audio/3gpp']],
    ['3g2', ['video/3gpp2', 'audio/3gpp2']],
    ['matroska', ['video/matroska', 'audio/matroska']],
    ['webm', ['video/webm', 'audio/webm']],
    ['mpegts', ['video/mp2t']],
    ['mpeg vcd svcd vob dvd mpeg1video mpeg2video', ['video/mpeg']],
    ['ogg', ['application/ogg', 'audio/ogg', 'video/ogg']],
    ['oga opus spx', ['audio/ogg']],
    ['ogv', ['video/ogg']],
    ['avi', ['video/x-msvideo']],
    ['flv', ['video/x-flv']],
    ['asf asf_stream', ['application/vnd.ms-asf']],
    ['mxf', ['application/mxf']],
    ['mp3 mp2', ['audio/mpeg']],
    ['adts', ['audio/aac']],
    ['flac', ['audio/flac']],
    ['wav', ['audio/wav']],
    ['ac3', ['audio/ac3']],
    ['eac3', ['audio/eac3']],
    ['dts', ['audio/vnd.dts']],
    ['amr', ['audio/amr']],
    ['caf', ['audio/x-caf']],
    ['gif', ['image/gif']],
    ['webp', ['image/webp']],
    ['webvtt', ['text/vtt']],
    ['srt', ['application/x-subrip']],
    ['ttml', ['application/ttml+xml']],
  ] as const) {
    for (const muxer of muxers.split(' ')) {
      t.same(mediaTypesOfMuxer(muxer), types, muxer)
      t.not(muxerOf(muxer).streaming, 'unknown', `${muxer} is a muxer that can stream`)
    }
  }
  for (const muxer of ['image2pipe', 'rawvideo', 'null', 'nut', 'constructor']) {
    t.equal(mediaTypesOfMuxer(muxer), undefined, muxer)
  }
})

t.test('chooses among the content’s media types by the name’s ending', async t => {
  const mp4 = mediaTypesOfMuxer('mp4')
  for (const [name, types, expected] of [
    ['a.mp4', undefined, 'video/mp4'],
    ['a', undefined, undefined],
    ['a', mp4, 'video/mp4'],
    ['a.bin', mp4, 'video/mp4'],
    ['a.m4a', mp4, 'audio/mp4'],
    ['a.mkv', mp4, 'video/mp4'],
    ['a.jpg', [], 'image/jpeg'],
    ['a.ogg', mediaTypesOfMuxer('ogg'), 'audio/ogg'],
  ] as const) {
    t.equal(mediaTypeFor(name, types), expected, `${name} ${String(types)}`)
  }
})
