package dev.woodpecker.runtime.onnx;

import dev.woodpecker.runtime.UnsupportedModelException;
import dev.woodpecker.runtime.UnsupportedModelException.Problem;
import dev.woodpecker.runtime.UnsupportedModelException.Subject;
import java.util.ArrayList;
import java.util.List;

/** Collects what a model needs and Woodpecker lacks, so that one error lists it all. */
final class Problems {

    private final List<Problem> problems = new ArrayList<>();

    void add(Subject subject, String name, String place, String problem, String supported) {
        problems.add(new Problem(subject, name, place, problem, supported));
    }

    /** An element type, by its number in the file. */
    void elementType(long number, String place) {
        add(
                Subject.TYPE,
                ElementTypes.name(number),
                place,
                "elements of type " + ElementTypes.name(number),
                ElementTypes.supported());
    }

    /**
     * @throws UnsupportedModelException if there is any
     */
    void throwIfAny(String file) {
        if (!problems.isEmpty()) {
            throw new UnsupportedModelException(file, problems);
        }
    }
}
