import fc from 'fast-check';

/** A mutant that property tests find, they find soon; one that they do not must not cost seconds. */
fc.configureGlobal({ plugins: [fc.interruptAfterTimeLimit(60)] });
