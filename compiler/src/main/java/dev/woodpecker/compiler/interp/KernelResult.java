package dev.woodpecker.compiler.interp;

import java.util.Map;

/**
 * What a kernel returned.
 *
 * @param status 0, or the number of the check that failed
 * @param outputs by buffer, in logical order; empty where a check failed
 */
public record KernelResult(int status, Map<String, HostTensor> outputs) {}
