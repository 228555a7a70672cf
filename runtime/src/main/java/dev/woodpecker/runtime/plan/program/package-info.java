/** Rewrites of tensor programs when operations are joined, or parts of them done when the plan is made. */
@NullMarked
package dev.woodpecker.runtime.plan.program;

import org.jspecify.annotations.NullMarked;
