package dev.woodpecker.compiler.diagnostic;

import java.util.Locale;

/**
 * Everything that can be wrong with a kernel's source. Codes are stable: a constant is added at the end and its place is
 * never reused. {@code docs/diagnostics.md} is written from this table.
 */
public enum DiagnosticCode {
    // The method.
    NOT_STATIC(
            1,
            "kernel method is not static",
            "A kernel is a function of its parameters alone. Declare the method public static; pass what it took from"
                    + " fields as parameters."),
    NOT_PUBLIC(
            2,
            "kernel is not public",
            "Generated code in other packages calls the method. Declare it and all its enclosing classes public."),
    GENERIC_METHOD(
            3,
            "kernel has type parameters",
            "Element types are decided when a kernel is specialised: write Tensor for any float type, IntTensor for"
                    + " any integer type, MaskTensor for booleans, and overloads where they compute differently."),
    PARAMETER_TYPE(
            4,
            "unsupported parameter type",
            "Parameters are Tensor, IntTensor, MaskTensor, Tensor[], and as attributes int, long, float, boolean,"
                    + " int[], float[]. An elementwise kernel takes float, int, long and boolean elements. Helpers may"
                    + " also take Index and constants such as float[][]."),
    RETURN_TYPE(
            5,
            "unsupported return type",
            "A kernel returns Tensor, IntTensor, MaskTensor, or a record of these; or, with element parameters only,"
                    + " one float, int, long or boolean. A single number is a tensor of rank 0: return tensor(() ->"
                    + " ...)."),
    DUPLICATE_KERNEL(
            6,
            "two kernels for the same operator and variant",
            "Kernels of one class for one operator are told apart by parameter and result types, number of outputs, or"
                    + " different require(...) conditions. Give one another variant: @Kernel(op = \"...\", variant ="
                    + " \"...\")."),
    UNUSED_INPUT(
            7,
            "input is never used",
            "Read the input, or take it out of the parameters. An input that ONNX lists and the kernel does not need"
                    + " is left out of a variant with fewer inputs."),
    ABSENT_ON_ATTRIBUTE(
            8,
            "@Absent on an attribute",
            "@Absent gives the neutral element of an optional input. An attribute's default is written"
                    + " @Attribute(byDefault = \"...\")."),
    ATTRIBUTE_DEFAULT(
            9,
            "attribute default does not fit the attribute",
            "Write a number for int and float (\"1\", \"0.01\"), true or false for boolean, numbers joined by commas"
                    + " for int[] and float[] (\"1,1\"). Inputs have no default: mark an optional one @Absent."),
    EXAMPLE_SYNTAX(
            10,
            "@Example cannot be read",
            "Write name=value pairs separated by spaces, for every input that is not @Absent and every attribute"
                    + " without a default: shapes as 1x64x56x56 or scalar, lists of shapes joined by +, attributes as"
                    + " numbers joined by commas: @Example(\"x=1x64x56x56 strides=1,1\")."),
    EXAMPLE_MISFIT(
            11,
            "@Example does not fit the kernel",
            "Give shapes and attributes for which the kernel applies: its require(...) conditions hold, ranks are what"
                    + " it reads, and indices stay inside."),
    // Statements.
    LOOP(
            12,
            "loop in a kernel",
            "A kernel says what each element is, not in which order things happen. Write tensor(n, i -> ...) for each"
                + " element, sum(n, i -> ...), prod, max or min for a reduction, index.map(axis -> ...) over axes."),
    ASSIGNMENT(
            13,
            "assignment in a kernel",
            "Locals are given their value once, where they are declared. Declare another local, or write sum(n, i ->"
                    + " ...) in place of an accumulator."),
    IF_STATEMENT(
            14,
            "if statement in a kernel",
            "Write a conditional expression: return condition ? a : b. When a whole kernel applies only under a"
                    + " condition on shapes, begin it with require(condition)."),
    STATEMENT(
            15,
            "statement is not allowed in a kernel",
            "A body is require(...) statements, then declarations of locals, then one return of an expression."),
    REQUIRE_POSITION(
            16,
            "require is not first",
            "require(condition) statements stand first in the kernel's body, before any local, and depend on shapes and"
                    + " attributes alone."),
    EXPRESSION(
            17,
            "expression is not allowed in a kernel",
            "Allowed are arithmetic, comparisons, logical and bit operators, ?:, casts between int, long, float and"
                + " boolean's ?: form, elements of constant arrays and attributes, calls of Dsl, Ints, Masks, Tensor,"
                + " Index and Math, new int[] {...}, and new of the record that holds several results."),
    UNKNOWN_METHOD(
            18,
            "method cannot be called in a kernel",
            "Call Dsl, Ints and Masks; at, atOr, size, rank and shape of tensors; the methods of Index; Math.max, min,"
                    + " abs, floorDiv, floorMod and the elementary functions; private static helpers of the same file;"
                    + " other kernels."),
    RECURSION(
            19,
            "method calls itself",
            "Calls are inlined, so that a method cannot reach itself. Write a reduction: sum(n, i -> ...)."),
    FIELD_NOT_CONSTANT(
            20,
            "field is not a constant",
            "A kernel may use static final numbers, and static final arrays of int, long, float or double with constant"
                    + " elements, of its own file. Pass anything else as a parameter."),
    HIDDEN_REDUCTION(
            21,
            "max or another reduction is hidden",
            "max(n, i -> ...) is Dsl.max, and the greater of two numbers is Math.max(a, b). A static import of"
                + " Math.max, or a method of that name in the class, hides the reduction: write Dsl.max and Math.max"
                + " in full."),
    LOCAL_TYPE(
            22,
            "unsupported type of a local",
            "Locals are int, long, float, boolean, Index, int[], float[], Tensor, IntTensor, MaskTensor, or a record"
                    + " of tensors."),
    // Tensors.
    INDEX_COUNT(
            23,
            "wrong number of indices",
            "Give one index an axis, up to 6, or one Index; a lambda has one parameter an extent."),
    OUT_OF_BOUNDS(
            24,
            "read outside the tensor",
            "Indices of axis a run from 0 to size(a) - 1. Where a read may fall outside, write x.atOr(outside, i) or"
                    + " guard it with ?:."),
    EXTENT_NOT_INT(25, "extent is not an int", "Extents are int: divide ints (n / 2), or cast with (int)."),
    EXTENT_NOT_STATIC(
            26,
            "extent depends on elements or on an index",
            "Extents depend on sizes and attributes alone, so that memory is known before a kernel runs. Take the"
                    + " greatest extent and choose by ?: inside."),
    STAGE_RANK(
            27,
            "stage is read with another rank than it has",
            "Read a local tensor with one index for each extent that it was built with, or one Index."),
    DIVISION_BY_ZERO(28, "integer division by zero", "Correct the divisor: on ints, / and % by 0 have no result."),
    NO_SUCH_AXIS(
            29,
            "axis does not exist",
            "Axes count from 0 to rank() - 1; the last is size(rank() - 1), never size(-1)."),
    // Sources.
    UNRESOLVED(
            30,
            "source does not compile",
            "Correct the Java error. If javac accepts the source, name the type with an import so that the processor"
                    + " finds it."),
    NO_SOURCE(
            31,
            "source is not available",
            "Compile the class that holds the kernel from source with the processor, or put the jar that has its"
                    + " kernel text on the class path."),
    MISSING_PROVIDES(
            32,
            "module does not provide its kernels",
            "Add the line to module-info.java: ServiceLoader finds the kernels of a named module only by it."),
    INTERNAL(
            33,
            "internal error of the processor",
            "This is a bug in Woodpecker, not in the kernel. Please report it with the source file and this message;"
                    + " compile with -Awoodpecker.trace=true for the stack trace."),
    GENERATED_CLASS_EXISTS(
            34,
            "generated class already exists",
            "The processor writes class XxxKernels beside class Xxx. Rename your own class of that name.");

    private final int number;
    private final String title;
    private final String remedy;

    DiagnosticCode(int number, String title, String remedy) {
        this.number = number;
        this.title = title;
        this.remedy = remedy;
    }

    /** {@code WPK-E012}. */
    public String code() {
        return String.format(Locale.ROOT, "WPK-E%03d", number);
    }

    /** What is wrong, in general. */
    public String title() {
        return title;
    }

    /** What is allowed, and what to write instead. */
    public String remedy() {
        return remedy;
    }
}
