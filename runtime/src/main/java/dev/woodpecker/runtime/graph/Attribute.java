package dev.woodpecker.runtime.graph;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import java.util.List;

/** The value of a node's attribute. */
public sealed interface Attribute {

    record Int(long value) implements Attribute {
        @Override
        public String toString() {
            return Long.toString(value);
        }
    }

    record Float(float value) implements Attribute {
        @Override
        public String toString() {
            return java.lang.Float.toString(value);
        }
    }

    record Text(String value) implements Attribute {
        @Override
        public String toString() {
            return '"' + value + '"';
        }
    }

    record Ints(List<Long> values) implements Attribute {
        public Ints {
            values = List.copyOf(values);
        }

        @Override
        public String toString() {
            return values.toString();
        }
    }

    record Floats(List<java.lang.Float> values) implements Attribute {
        public Floats {
            values = List.copyOf(values);
        }

        @Override
        public String toString() {
            return values.toString();
        }
    }

    record Texts(List<String> values) implements Attribute {
        public Texts {
            values = List.copyOf(values);
        }

        @Override
        public String toString() {
            return values.toString();
        }
    }

    /** An element type, which ONNX writes as a number. */
    record ElementType(DType value) implements Attribute {
        @Override
        public String toString() {
            return value.text();
        }
    }

    record Tensor(NdArray value) implements Attribute {
        @Override
        public String toString() {
            return value.toString();
        }
    }

    /** A graph that the node runs: the body of a loop, a branch. */
    record Subgraph(Graph value) implements Attribute {
        @Override
        public String toString() {
            return "graph " + value.name();
        }
    }

    static Attribute of(long value) {
        return new Int(value);
    }

    static Attribute of(float value) {
        return new Float(value);
    }

    static Attribute of(String value) {
        return new Text(value);
    }

    static Attribute of(long... values) {
        return new Ints(java.util.Arrays.stream(values).boxed().toList());
    }
}
