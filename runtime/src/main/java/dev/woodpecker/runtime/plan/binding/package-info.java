/**
 * From a node of the graph to a kernel for it: attributes normalised as the kernels want them, a kernel chosen by operator,
 * element types and variant, and specialised for the node's shapes.
 */
@NullMarked
package dev.woodpecker.runtime.plan.binding;

import org.jspecify.annotations.NullMarked;
