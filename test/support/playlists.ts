/**
 * Documents that refer to other media, as an attacker may upload them in place of media, by the demuxer that would
 * follow the references.
 *
 * @param url - the URL that they refer to
 */
export function hostile(url: string): Record<'hls' | 'dash' | 'concat', string> {
  return {
    hls: `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${url}\n#EXT-X-ENDLIST\n`,
    dash:
      '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" ' +
      'profiles="urn:mpeg:dash:profile:isoff-main:2011"><Period><AdaptationSet><Representation id="1" bandwidth="1">' +
      `<BaseURL>${url}</BaseURL></Representation></AdaptationSet></Period></MPD>`,
    concat: `ffconcat version 1.0\nfile ${url}\n`,
  }
}
