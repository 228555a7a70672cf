package dev.woodpecker.compiler.interp;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** What is passed to a program or kernel, checked against what it declares. */
final class Arguments {
    private Arguments() {}

    static HostTensor require(Map<String, HostTensor> tensors, String name, DType type, int rank) {
        HostTensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException(
                    "input " + name + " is not given; given: " + String.join(", ", tensors.keySet()));
        }
        if (tensor.type() != type || tensor.rank() != rank) {
            throw new IllegalArgumentException(
                    "input " + name + " is " + tensor.type().text() + " of rank " + tensor.rank() + ", expected "
                            + type.text() + " of rank " + rank);
        }
        return tensor;
    }

    static void requireShape(String name, HostTensor tensor, long[] expected) {
        if (!Arrays.equals(tensor.shape(), expected)) {
            throw new IllegalArgumentException("input " + name + " has shape " + Arrays.toString(tensor.shape())
                    + ", expected " + Arrays.toString(expected));
        }
    }

    /** Takes the values of parameters that are extents of {@code tensor} from it. */
    static void bind(List<Expr> shape, HostTensor tensor, Map<String, Long> parameters) {
        for (int axis = 0; axis < Math.min(shape.size(), tensor.rank()); axis++) {
            if (shape.get(axis) instanceof Expr.Param p) {
                parameters.putIfAbsent(p.name(), tensor.shape()[axis]);
            }
        }
    }

    static long[] evaluate(List<Expr> shape, Map<String, Long> parameters) {
        ExprCompiler compiler = new ExprCompiler(new Slots(), parameters);
        Frame nothing = new Frame(new Slots(), new Worker(new Worker.Block(0)));
        return shape.stream()
                .mapToLong(extent -> compiler.integer(extent).run(nothing, 0))
                .toArray();
    }
}
