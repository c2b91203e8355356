import t from 'tap'
import { invalidJob, refusedJob } from '../../../lib/job/schema/job-errors.js'

t.test('states the path of the value and its fault', async t => {
  t.match(invalidJob('outputs[0].url', 'is the same as inputs[0].url'), {
    name: 'JobError',
    code: 'AVIO_ERR_JOB_INVALID',
    retryable: false,
    path: 'outputs[0].url',
    message: 'The job is invalid: outputs[0].url is the same as inputs[0].url.',
  })
  t.match(refusedJob('inputs[1].url', 'is a file'), {
    name: 'JobError',
    code: 'AVIO_ERR_JOB_REFUSED',
    retryable: false,
    path: 'inputs[1].url',
    message: 'The job is refused: inputs[1].url is a file.',
  })
})
