/** The rules that hold across all modules, as tests: who may use whom, how things are named, what the source tree contains. */
@NullMarked
package dev.woodpecker.architecture;

import org.jspecify.annotations.NullMarked;
