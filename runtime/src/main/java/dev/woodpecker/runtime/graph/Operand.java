package dev.woodpecker.runtime.graph;

/** A place for an input or an output of a node: a value, or explicitly nothing. */
public sealed interface Operand {

    /** An optional input that is not given, or an output that nothing needs. */
    Operand ABSENT = new Absent();

    record Value(String name) implements Operand {
        public Value {
            if (name.isEmpty()) {
                throw new IllegalArgumentException("a value without a name");
            }
        }

        @Override
        public String toString() {
            return name;
        }
    }

    record Absent() implements Operand {
        @Override
        public String toString() {
            return "_";
        }
    }

    /** The value of this name; absent for the empty name, as ONNX writes it. */
    static Operand of(String name) {
        return name.isEmpty() ? ABSENT : new Value(name);
    }
}
