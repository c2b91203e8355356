import { AVIO_ERROR_CODES, AvioError, type AvioErrorCode, FfmpegError, S3Error } from 'avio-streams'

export function advice(error: unknown): string {
  if (error instanceof FfmpegError) {
    const tail: string | undefined = error.stderrTail
    return tail ?? error.code
  }
  if (error instanceof S3Error) return `${error.bucket ?? ''}/${error.key ?? ''}`
  if (error instanceof AvioError) {
    const code: AvioErrorCode = error.code
    return code
  }
  return 'not ours'
}

const known: readonly AvioErrorCode[] = AVIO_ERROR_CODES
const isOurs = (error: AvioError): boolean => error.code === 'AVIO_ERR_FFMPEG_NOT_FOUND'
// @ts-expect-error: no such code
const isMisspelt = (error: AvioError): boolean => error.code === 'AVIO_ERR_FFMPEG_MISLAID'
void [known, isOurs, isMisspelt]
