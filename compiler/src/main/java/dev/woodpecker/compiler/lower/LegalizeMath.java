package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.ConstantExtreme;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.MathFunction;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Numerics;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * Writes mathematical functions out as arithmetic, so that generated code calls no library. Requires: nothing; works on
 * vectors as on scalars. Ensures: every {@link Expr.Call} is of a native function; results are within 2 units in the last
 * place for single precision, special values included, contracted or not; but an exponential below the normal numbers is
 * zero unless numerics are strict, since a processor takes a hundred times longer for those. Functions that are not hot are
 * computed in double precision. A minimum or maximum with a constant becomes a comparison where it is no instruction, a
 * product with a reciprocal a quotient unless numerics are strict.
 */
public final class LegalizeMath {
    private final Set<String> names = new HashSet<>();
    private final Numerics numerics;

    private LegalizeMath(Numerics numerics) {
        this.numerics = numerics;
    }

    public static Stmt apply(Stmt body, Numerics numerics) {
        LegalizeMath pass = new LegalizeMath(numerics);
        Temporaries.collectNames(body, pass.names);
        return pass.legalized(body);
    }

    private Stmt legalized(Stmt s) {
        Temporaries temporaries = new Temporaries(names);
        GuardedRewrite rewrite = new GuardedRewrite(temporaries, new Functions(numerics));
        return temporaries.wrap(s.map(this::legalized, rewrite::apply));
    }

    private record Functions(Numerics numerics) implements GuardedRewrite.Rule {
        @Override
        public boolean appliesTo(Expr e) {
            return (e instanceof Expr.Call call && !call.function().isNative())
                    || isWrittenOut(e)
                    || (e instanceof Expr.Binary b && isQuotient(b));
        }

        /** Whether it is a minimum or maximum with a constant, other than an instruction with named operands. */
        private static boolean isWrittenOut(Expr e) {
            return ConstantExtreme.of(e)
                    .filter(extreme -> !extreme.isInstruction()
                            || !(extreme.x() instanceof Expr.Var)
                                    && ConstantExtreme.of(extreme.x()).isEmpty())
                    .isPresent();
        }

        private boolean isQuotient(Expr.Binary b) {
            return numerics.mayReassociate()
                    && b.op() == BinaryOp.MUL
                    && b.type().isFloat()
                    && (divisor(b.left()).isPresent() || divisor(b.right()).isPresent());
        }

        @Override
        public Expr replace(Expr e, Temporaries temporaries) {
            if (e instanceof Expr.Call call) {
                return call(call, numerics, temporaries);
            }
            return ConstantExtreme.of(e)
                    .map(extreme -> extreme(extreme, temporaries))
                    .orElseGet(() -> quotient((Expr.Binary) e));
        }
    }

    /** {@code a * (1 / b)} as {@code a / b}, which rounds once. */
    private static Expr quotient(Expr.Binary product) {
        return divisor(product.right())
                .map(divisor -> new Expr.Binary(BinaryOp.DIV, product.left(), divisor))
                .orElseGet(() -> new Expr.Binary(
                        BinaryOp.DIV, product.right(), divisor(product.left()).orElseThrow()));
    }

    /** What one is divided by, if that is what {@code e} is. */
    private static Optional<Expr> divisor(Expr e) {
        return e instanceof Expr.Binary(BinaryOp op, Expr left, Expr right)
                        && op == BinaryOp.DIV
                        && isConstant(left)
                        && value(left) == 1
                ? Optional.of(right)
                : Optional.empty();
    }

    /** Whether a function is written out in double precision, whatever its type. */
    static boolean computesInDouble(Expr.Call call) {
        return call.type() == DType.F64
                || simpleExponent(call).isEmpty()
                        && switch (call.function()) {
                            case EXP, EXP2, LOG, TANH, ERF, ABS, SQRT, FLOOR, CEIL, RINT, TRUNC -> false;
                            case LOG1P, EXPM1, SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, ASINH, ACOSH, ATANH, POW ->
                                true;
                        };
    }

    /** The exponent of a power that a few products and roots make. */
    private static OptionalDouble simpleExponent(Expr.Call call) {
        boolean fits = call.function() == MathFunction.POW && (call.type() == DType.F32 || call.type() == DType.F64);
        if (!fits || !isConstant(call.arguments().get(1))) {
            return OptionalDouble.empty();
        }
        double exponent = value(call.arguments().get(1));
        return ExponentialFunctions.isSimple(exponent) ? OptionalDouble.of(exponent) : OptionalDouble.empty();
    }

    private static Expr call(Expr.Call call, Numerics numerics, Temporaries temporaries) {
        DType type = call.type();
        List<Expr> arguments = call.arguments().stream()
                .map(a -> temporaries.bind(call.function().text() + "_x", a))
                .toList();
        boolean strict = !numerics.mayReassociate();
        OptionalDouble exponent = simpleExponent(call);
        if (exponent.isPresent()) {
            MathBuilder own = new MathBuilder(type, call.lanes(), strict, temporaries);
            return ExponentialFunctions.power(own, arguments.getFirst(), exponent.getAsDouble());
        }
        MathBuilder wide = new MathBuilder(DType.F64, call.lanes(), strict, temporaries);
        if (type == DType.F64) {
            return wide(wide, call.function(), arguments);
        }
        if (call.function() == MathFunction.EXP && numerics.roundsToHalves()) {
            Expr x = cast(DType.F32, arguments.getFirst(), temporaries);
            Expr base = new Expr.FloatConst(1 / Math.log(2), DType.F32);
            Expr ofTwo =
                    new Expr.Binary(BinaryOp.MUL, x, call.lanes() == 1 ? base : new Expr.Broadcast(base, call.lanes()));
            return cast(type, new Expr.Call(MathFunction.EXP2, List.of(ofTwo)), temporaries);
        }
        MathBuilder single = new MathBuilder(DType.F32, call.lanes(), strict, temporaries);
        List<Expr> floats =
                arguments.stream().map(a -> cast(DType.F32, a, temporaries)).toList();
        return cast(type, single(single, wide, call.function(), floats), temporaries);
    }

    private static Expr cast(DType type, Expr e, Temporaries temporaries) {
        return e.type() == type ? e : temporaries.bind("x", new Expr.Cast(type, e));
    }

    private static Expr single(MathBuilder single, MathBuilder wide, MathFunction function, List<Expr> arguments) {
        Expr x = arguments.getFirst();
        return switch (function) {
            case EXP -> ExponentialFunctions.exp(single, x);
            case LOG -> ExponentialFunctions.log(single, x);
            case TANH -> ExponentialFunctions.tanh(single, x);
            case ERF -> ErrorFunction.erf(single, x);
            case SIN -> narrowed(CircularFunctions.ofSingle(wide, single, CircularFunctions.Kind.SINE, x));
            case COS -> narrowed(CircularFunctions.ofSingle(wide, single, CircularFunctions.Kind.COSINE, x));
            case TAN -> narrowed(CircularFunctions.ofSingle(wide, single, CircularFunctions.Kind.TANGENT, x));
            case LOG1P, EXPM1, ASIN, ACOS, ATAN, SINH, COSH, ASINH, ACOSH, ATANH, POW -> {
                List<Expr> widened = arguments.stream()
                        .map(a -> wide.let("wide", new Expr.Cast(DType.F64, a)))
                        .toList();
                yield narrowed(wide(wide, function, widened));
            }
            case ABS, SQRT, FLOOR, CEIL, RINT, TRUNC, EXP2 -> throw new AssertionError(function + " is native");
        };
    }

    private static Expr narrowed(Expr e) {
        return new Expr.Cast(DType.F32, e);
    }

    private static Expr wide(MathBuilder m, MathFunction function, List<Expr> arguments) {
        Expr x = arguments.getFirst();
        return switch (function) {
            case EXP -> ExponentialFunctions.exp(m, x);
            case EXPM1 -> ExponentialFunctions.expm1(m, x);
            case LOG -> ExponentialFunctions.log(m, x);
            case LOG1P -> ExponentialFunctions.log1p(m, x);
            case TANH -> ExponentialFunctions.tanh(m, x);
            case SINH -> ExponentialFunctions.sinh(m, x);
            case COSH -> ExponentialFunctions.cosh(m, x);
            case ASINH -> ExponentialFunctions.asinh(m, x);
            case ACOSH -> ExponentialFunctions.acosh(m, x);
            case ATANH -> ExponentialFunctions.atanh(m, x);
            case POW -> ExponentialFunctions.pow(m, x, arguments.get(1));
            case ERF -> ErrorFunction.erf(m, x);
            case SIN -> CircularFunctions.wide(m, CircularFunctions.Kind.SINE, x);
            case COS -> CircularFunctions.wide(m, CircularFunctions.Kind.COSINE, x);
            case TAN -> CircularFunctions.wide(m, CircularFunctions.Kind.TANGENT, x);
            case ASIN -> CircularFunctions.asin(m, x);
            case ACOS -> CircularFunctions.acos(m, x);
            case ATAN -> CircularFunctions.atan(m, x);
            case ABS, SQRT, FLOOR, CEIL, RINT, TRUNC, EXP2 -> throw new AssertionError(function + " is native");
        };
    }

    /**
     * {@code max(x, c)} as {@code x <= c ? c : x}: a NaN compares false and stays, and of two zeros that of the constant is
     * taken, +0 for a maximum; or as {@code x < c ? c : x}, if the constant is -0.
     */
    private static Expr extreme(ConstantExtreme extreme, Temporaries temporaries) {
        Expr x = temporaries.bind("value", extreme.x());
        if (extreme.isInstruction()) {
            return new Expr.Binary(extreme.op(), x, extreme.constant());
        }
        boolean equal = extreme.value() != 0 || extreme.isZeroTaken();
        BinaryOp beyond = extreme.isMaximum() ? equal ? BinaryOp.LE : BinaryOp.LT : equal ? BinaryOp.GE : BinaryOp.GT;
        return new Expr.Select(new Expr.Binary(beyond, x, extreme.constant()), extreme.constant(), x);
    }

    private static boolean isConstant(Expr e) {
        return e instanceof Expr.FloatConst || (e instanceof Expr.Broadcast b && isConstant(b.value()));
    }

    private static double value(Expr e) {
        return e instanceof Expr.Broadcast b ? value(b.value()) : ((Expr.FloatConst) e).value();
    }
}
