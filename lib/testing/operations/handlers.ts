import {
  createBucket,
  deleteBucket,
  getBucketLocation,
  getBucketVersioning,
  headBucket,
  listBuckets,
  putBucketVersioning,
} from './bucket-operations.js'
import { completeMultipartUpload } from './complete-upload.js'
import { copyObject } from './copy-object.js'
import type { Handler } from './answer.js'
import { deleteObject, deleteObjects } from './delete-objects.js'
import { getObject } from './get-object.js'
import { getObjectAttributes } from './get-object-attributes.js'
import { listObjects, listObjectsV2, listObjectVersions } from './list-objects.js'
import {
  abortMultipartUpload,
  createMultipartUpload,
  listMultipartUploads,
  listParts,
  uploadPart,
  uploadPartCopy,
} from './multipart-operations.js'
import type { S3Operation } from '../wire/operation.js'
import { putObject } from './put-object.js'

/** The handler of each operation. */
export const HANDLERS: Readonly<Record<S3Operation, Handler>> = {
  ListBuckets: listBuckets,
  GetBucketLocation: getBucketLocation,
  GetBucketVersioning: getBucketVersioning,
  PutBucketVersioning: putBucketVersioning,
  ListMultipartUploads: listMultipartUploads,
  ListObjectVersions: listObjectVersions,
  ListObjectsV2: listObjectsV2,
  ListObjects: listObjects,
  DeleteObjects: deleteObjects,
  CreateBucket: createBucket,
  HeadBucket: headBucket,
  DeleteBucket: deleteBucket,
  CreateMultipartUpload: createMultipartUpload,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: abortMultipartUpload,
  ListParts: listParts,
  UploadPartCopy: uploadPartCopy,
  UploadPart: uploadPart,
  CopyObject: copyObject,
  PutObject: putObject,
  GetObject: getObject,
  HeadObject: getObject,
  GetObjectAttributes: getObjectAttributes,
  DeleteObject: deleteObject,
}
