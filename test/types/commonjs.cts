import avio = require('avio-streams')
import testing = require('avio-streams/testing')

const sink = new avio.FileWritable({ path: 'talk.mp4' })
const isOurs = (error: unknown): error is avio.AvioError => error instanceof avio.AvioError
void [sink.result, isOurs, testing.LocalS3.start()]
