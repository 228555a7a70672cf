package dev.woodpecker.tuner.measure;

import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.runtime.toolchain.Source;

/** The C of a candidate: what the printer makes of it, or, in tests, what a broken generator could have made. */
@FunctionalInterface
interface CandidateSource {
    /** @param printed the source as it should be */
    Source of(LoweredKernel kernel, Source printed);
}
