package dev.woodpecker.compiler.expr;

/**
 * The text form of a {@link KernelSpec}: what the annotation processor writes beside a class, and what generated
 * providers carry. It is meant to be read, and it is complete: {@code parse(print(spec))} equals {@code spec}.
 *
 * {@snippet lang = "text" :
 * tensor kernel com.acme.Attention.scores
 *     operator "Scores"
 *     variant "direct"
 *     input Tensor query
 *     input Tensor key
 *     output "out"
 * {
 *     require(query.size(1) == key.size(1));
 *     let depth = query.size(1);
 *     tensor(i < query.size(0), j < key.size(0)) { sum(d < depth) { query[i, d] * key[j, d] } }
 * }
 * origins
 *     "Attention.java" 12:19 12:33,48 13:16,8
 * }
 *
 * <p>Expressions are Java's, with these additions. {@code x[i, j] or 0} is a read with a value outside the border.
 * {@code tensor(i < m) { e }}, {@code intTensor}, {@code maskTensor}, {@code sum}, {@code prod}, {@code max}, {@code min},
 * {@code any}, {@code all}, {@code argMax} and {@code argMin} range over extents, or {@code (i in shape)} over all
 * positions of a shape; {@code index(a < rank) { e }} makes an Index. {@code { let a = e; b }} is a local. The closing
 * list has the places in the Java source, in the order of the text; without it they are unknown.
 */
public final class KernelText {
    private KernelText() {}

    /**
     * The text of a kernel, ending with a line break; the same for equal kernels.
     *
     * @throws IllegalArgumentException if the kernel is malformed: an unbound name, two tables of one name, a wrong number
     *     of operands
     */
    public static String print(KernelSpec spec) {
        return new KernelPrinter(spec).print();
    }

    /** The text of an expression over the parameters of {@code spec}, on one line: for messages. */
    public static String print(KernelSpec spec, TensorExpr expression) {
        return new KernelPrinter(spec).printExpression(expression);
    }

    /**
     * The kernel that {@link #print} wrote.
     *
     * @throws IllegalArgumentException if {@code text} is not a kernel's, naming the line and column
     */
    public static KernelSpec parse(String text) {
        return new KernelParser(text).parse();
    }

    /**
     * The path of the resource that has the text of the kernel {@code name}: {@code META-INF/woodpecker/<name>.kernel},
     * the parameter kinds of an overload joined to it by {@code -}.
     */
    public static String resourcePath(String name) {
        String file = name.replace("(", "-").replace(",", "-").replace(")", "").replace("[]", "s");
        return "META-INF/woodpecker/" + file + ".kernel";
    }
}
