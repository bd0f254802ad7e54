export { checkReport, hasBrowser } from './check-report.ts';
export { quietInvocation } from './quiet-invocation.ts';
