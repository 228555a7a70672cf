package dev.woodpecker.processor;

import dev.woodpecker.compiler.diagnostic.Diagnostic;
import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import dev.woodpecker.processor.ParsedSource.Place;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What is wrong with the kernels of one class, in the order found; the same thing once, however many kernels reach it. */
final class Findings {
    record Finding(DiagnosticCode code, Place place, String detail) {
        Diagnostic diagnostic() {
            return new Diagnostic(code, place.origin(), detail);
        }
    }

    private final Set<Finding> found = new LinkedHashSet<>();
    private int reports;

    void add(DiagnosticCode code, Place place, String detail) {
        reports++;
        found.add(new Finding(code, place, detail));
    }

    /** How often something was reported, the same thing counted again: grows when a kernel is found wrong. */
    int reports() {
        return reports;
    }

    List<Finding> all() {
        return List.copyOf(found);
    }
}
