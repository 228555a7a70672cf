/** Ways to look for fast schedules, all behind {@link dev.woodpecker.tuner.search.Search}. */
@NullMarked
package dev.woodpecker.tuner.search;

import org.jspecify.annotations.NullMarked;
