/**
 * What the author of a kernel imports: the vocabulary of Woodpecker's kernel language, which is Java itself.
 *
 * <p>A kernel is a static method marked {@link dev.woodpecker.dsl.Kernel @Kernel}. Called as a method it runs as plain
 * Java, and that run defines what the kernel means; the same source is read at javac time and becomes C and CUDA.
 *
 * {@snippet :
 * import static dev.woodpecker.dsl.Dsl.*;
 *
 * public final class Examples {
 *     // a: [m, k]; b: [k, n]; returns [m, n]
 *     @Kernel(op = "MatMul")
 *     public static Tensor matmul(Tensor a, Tensor b) {
 *         return tensor(a.size(0), b.size(1), (i, j) -> sum(a.size(1), k -> a.at(i, k) * b.at(k, j)));
 *     }
 *
 *     // elements to an element: an elementwise kernel, broadcasting like NumPy
 *     @Kernel(op = "LeakyRelu")
 *     public static float leakyRelu(float x, @Attribute float alpha) {
 *         return x < 0 ? alpha * x : x;
 *     }
 * }
 * }
 *
 * <h2>Types</h2>
 *
 * <p>Elements are {@code float}, {@code long} or {@code boolean}; {@code int} is for indices, extents and attributes.
 * {@link dev.woodpecker.dsl.Tensor} holds elements of any floating-point type, read as {@code float};
 * {@link dev.woodpecker.dsl.IntTensor} holds elements of any integer type, read as {@code long};
 * {@link dev.woodpecker.dsl.MaskTensor} holds {@code boolean} elements. Which exact type is decided where the kernel is
 * used: arithmetic on {@code long} elements is arithmetic in the tensor's own integer type. A kernel on
 * {@code Tensor} that only moves elements serves tensors of every type.
 *
 * <p>{@link dev.woodpecker.dsl.Dsl} builds tensors of {@code float} elements and reduces them,
 * {@link dev.woodpecker.dsl.Ints} does so for {@code long} and {@link dev.woodpecker.dsl.Masks} for {@code boolean}
 * elements: overloads that differ in a lambda's result alone would be ambiguous. {@link dev.woodpecker.dsl.Index} is
 * for kernels of any rank.
 *
 * <h2>What a body may hold</h2>
 *
 * <ul>
 *   <li>{@code require(condition);} statements, first in the body: when this variant applies;
 *   <li>declarations of effectively final locals, in lambda blocks too; a local tensor is an intermediate stage;
 *   <li>one {@code return}, last: an expression. No {@code if}, no loops, no assignments, no {@code new} except of the
 *       record that holds several results;
 *   <li>arithmetic, comparison, logical and bit operators and {@code ?:} on {@code int}, {@code long}, {@code float} and
 *       {@code boolean}, and casts between these;
 *   <li>calls of this package's classes; of {@code Math.max, min, abs, floorDiv, floorMod}; of kernels and of
 *       private static methods of the same source file, written by the same rules; these also take constants such as
 *       {@code float[][]};
 *   <li>{@code static final} constants: numbers, and arrays such as {@code float[][]} with literal elements;
 *   <li>{@code length} and elements of attributes of type {@code int[]} and {@code float[]}.
 * </ul>
 *
 * <p>The extents of tensors and of reductions depend on sizes and attributes alone. Indices may depend on elements: such
 * reads are checked when they run.
 *
 * <h2>Running a kernel as plain Java</h2>
 *
 * <p>Stages are lazy: a tensor's elements are computed, all of them, in row-major order, when the first is read, and then
 * kept. Reductions run in axis order in one {@code float} (or {@code long}) accumulator. A read outside a tensor is an
 * {@link java.lang.IndexOutOfBoundsException} that names axis and size; a wrong number of indices or a negative extent is
 * an {@link java.lang.IllegalArgumentException}. Since stages are lazy these appear when the result is read. Tensors are
 * immutable and may be read from several threads.
 */
@NullMarked
package dev.woodpecker.dsl;

import org.jspecify.annotations.NullMarked;
