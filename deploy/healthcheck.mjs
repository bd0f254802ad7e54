// `node deploy/healthcheck.mjs host:port`: exit 0 when the service there says SERVING (grpc.health.v1), 1 otherwise.
import { connect, peerReady } from '@facet/mesh';

const TIMEOUT_MS = 4000;
const [address = ''] = process.argv.slice(2);
try {
  await peerReady('the service', connect(address)).check(AbortSignal.timeout(TIMEOUT_MS));
  process.exit(0);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
