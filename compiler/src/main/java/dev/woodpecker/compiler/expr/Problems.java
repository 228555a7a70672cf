package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.ir.Origin;

/** Makes the errors of one specialisation: they carry the kernel's name and the place in its source. */
record Problems(KernelSpec spec) {
    SpecializationException at(Origin origin, String problem) {
        return new SpecializationException(spec.shortName(), origin.isKnown() ? origin : spec.origin(), problem);
    }

    SpecializationException of(KernelSpec.Parameter parameter, String problem) {
        Origin origin = parameter.origin().isKnown() ? parameter.origin() : spec.origin();
        return new SpecializationException(spec.shortName(), origin, "parameter " + parameter.name() + " " + problem);
    }

    RequirementNotMet requirement(Origin origin, String text) {
        return new RequirementNotMet(spec.shortName(), origin.isKnown() ? origin : spec.origin(), text);
    }
}
