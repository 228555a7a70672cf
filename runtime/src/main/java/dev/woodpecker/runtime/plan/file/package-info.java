/** Plans as files: written by a machine with a compiler, run by one without. */
@NullMarked
package dev.woodpecker.runtime.plan.file;

import org.jspecify.annotations.NullMarked;
