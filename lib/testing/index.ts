/** `avio-streams/testing`: an S3 server inside the process, for tests. */
export {
  type LocalClientConfig,
  type LocalCredentials,
  type LocalRequestHandlerConfig,
  LocalS3,
} from './local-s3.js'
export type { LocalObject, LocalPart, LocalUpload, PutOptions } from './store/local-object.js'
export type { ObjectPart } from './store/stored-object.js'
export type { LocalS3Options } from './local-s3-options.js'
export type { KeyAndCertificate } from './server/certificate.js'
export type { S3Call } from './server/call-log.js'
export type { S3Operation } from './wire/operation.js'
export type { Checksum, ChecksumAlgorithm, ChecksumType } from './wire/checksum.js'
export type { Generate } from './store/content.js'
export type {
  AnswerFault,
  AnswerHeadersFault,
  BeforeFault,
  ChangedFault,
  CorruptFault,
  ErrorIn200Fault,
  FaultAction,
  FaultHandle,
  FaultMatch,
  FaultRule,
  HoldFault,
  ResetFault,
  ResetRequestFault,
  ShortBodyFault,
  SlowFault,
  StallFault,
  StallRequestFault,
  StatusFault,
} from './server/fault.js'
export type { Pace } from './wire/pacer.js'
