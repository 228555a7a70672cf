package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.ReduceOp;
import dev.woodpecker.compiler.ir.Table;
import java.util.List;

/**
 * A kernel's body as a pure expression, one node for each construct that the DSL allows; ranks and shapes are still open.
 * Locals are {@link Let}s, calls to helpers and other kernels are already inlined, names are unique in a kernel.
 */
public sealed interface TensorExpr {
    Kind kind();

    record IntLiteral(long value) implements TensorExpr {
        @Override
        public Kind kind() {
            return Kind.INT;
        }
    }

    record FloatLiteral(double value) implements TensorExpr {
        @Override
        public Kind kind() {
            return Kind.FLOAT;
        }
    }

    record BoolLiteral(boolean value) implements TensorExpr {
        @Override
        public Kind kind() {
            return Kind.BOOL;
        }
    }

    /** A kernel parameter, a local, or a lambda's parameter. */
    record Name(String name, Kind kind) implements TensorExpr {}

    record Apply(Op op, Kind kind, List<TensorExpr> operands, Origin origin) implements TensorExpr {
        public Apply {
            operands = List.copyOf(operands);
        }
    }

    /** An entry of a constant array. */
    record TableAt(Table table, List<TensorExpr> indices, Origin origin) implements TensorExpr {
        public TableAt {
            indices = List.copyOf(indices);
        }

        @Override
        public Kind kind() {
            return table.type().isFloat() ? Kind.FLOAT : Kind.INT;
        }
    }

    /** A new tensor, or stage, with {@code element} at every index of {@code domain}. */
    record Build(Kind kind, Domain domain, TensorExpr element, Origin origin) implements TensorExpr {}

    /** A reduction of {@code element} over {@code domain}; its kind is the element's. */
    record Reduce(ReduceOp op, Domain domain, TensorExpr element, Origin origin) implements TensorExpr {
        @Override
        public Kind kind() {
            return element.kind();
        }
    }

    /** The first index of {@code domain} at which {@code element} is greatest, or least; a NaN counts as the extreme. */
    record ArgReduce(boolean greatest, Domain domain, TensorExpr element, Origin origin) implements TensorExpr {
        @Override
        public Kind kind() {
            return Kind.INT;
        }
    }

    /** An Index with {@code value}, over the axis named {@code axis}, at each position of an Index of rank {@code rank}. */
    record MapIndex(TensorExpr rank, String axis, TensorExpr value) implements TensorExpr {
        @Override
        public Kind kind() {
            return Kind.INDEX;
        }
    }

    record Let(String name, TensorExpr value, TensorExpr body) implements TensorExpr {
        @Override
        public Kind kind() {
            return body.kind();
        }
    }

    /** What a lambda ranges over, and the names of its parameters. */
    sealed interface Domain {
        /** One int parameter an axis. */
        record Extents(List<String> names, List<TensorExpr> extents) implements Domain {
            public Extents {
                names = List.copyOf(names);
                extents = List.copyOf(extents);
                if (names.size() != extents.size()) {
                    throw new IllegalArgumentException(names.size() + " names for " + extents.size() + " extents");
                }
            }
        }

        /** One parameter of kind {@code INDEX}, within {@code shape}. */
        record Over(String name, TensorExpr shape) implements Domain {}
    }
}
