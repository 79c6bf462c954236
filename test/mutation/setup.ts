import fc from 'fast-check';

/**
 * A mutant that property tests find, they find soon; one that they do not must not cost seconds. As a plugin this cannot be
 * set for all properties at once.
 */
// eslint-disable-next-line @typescript-eslint/no-deprecated
fc.configureGlobal({ interruptAfterTimeLimit: 500, markInterruptAsFailure: false });
