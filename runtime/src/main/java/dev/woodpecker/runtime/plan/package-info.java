/**
 * From a graph to what runs: operations joined into kernels, layouts chosen, memory planned, kernels compiled. Data goes
 * one way: {@code Graph} to {@code KernelGraph} to {@code ExecutablePlan}.
 */
@NullMarked
package dev.woodpecker.runtime.plan;

import org.jspecify.annotations.NullMarked;
