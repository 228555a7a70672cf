/** Measuring that can be believed: interleaved, with quartiles, against what the machine can do at most. */
@NullMarked
package dev.woodpecker.runtime.timing;

import org.jspecify.annotations.NullMarked;
