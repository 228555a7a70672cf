/** What stands behind a session: plans made on first use and kept while they fit, and their runs one after another. */
@NullMarked
package dev.woodpecker.runtime.session;

import org.jspecify.annotations.NullMarked;
