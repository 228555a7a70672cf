/** Many runs on many threads, for what only shows then: leaks, and answers that depend on who else is running. */
@NullMarked
package dev.woodpecker.cli.soak;

import org.jspecify.annotations.NullMarked;
