import { Fmp4Checker } from '../../mp4/checks/fmp4-checker.js'
import type { Fmp4Init } from '../../mp4/checks/validation-report.js'
import { initTracks } from './init-tracks.js'
import type { InitSegment } from './presentation.js'

/**
 * The tracks of a complete initialization segment, such as one that was stored earlier.
 *
 * @param bytes - `ftyp` and `moov`
 * @param rendition - its name, for messages
 * @throws an `Mp4Error` for invalid bytes; `HlsError` `AVIO_ERR_HLS_TRACKS` unless there is one track
 */
export function readInit(bytes: Buffer, rendition: string): Pick<InitSegment, 'tracks' | 'track'> {
  let found: Fmp4Init | undefined
  const checker = new Fmp4Checker(
    { strict: true, maxBoxSize: bytes.length },
    { onInit: init => (found = init), onWarning: () => undefined },
  )
  checker.write(bytes)
  // It reports a stream that ends before its first fragment, and one without a `moov`, which this would be.
  if (found === undefined) checker.end()
  return initTracks(found!, rendition, false)
}
