package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Target;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Replaces arithmetic that C or the target lacks. Requires: functions are legalised. Ensures: {@code F16} and {@code BF16}
 * are loaded, stored and converted from and to {@code F32} only, by integer operations except for {@code F16} on a GPU;
 * integers below 32 bits are computed with in 32 bits and wrapped, except in vectors, which wrap by themselves.
 */
public final class LegalizeTypes {
    private final boolean convertsHalf;
    private final Set<String> names = new HashSet<>();

    private LegalizeTypes(boolean convertsHalf) {
        this.convertsHalf = convertsHalf;
    }

    public static Stmt apply(Stmt body, Target target) {
        // On CPUs by integer operations: for half floats gcc 12 calls its library, or converts vectors lane by lane.
        LegalizeTypes pass = new LegalizeTypes(target.isCuda());
        Temporaries.collectNames(body, pass.names);
        return pass.legalized(body);
    }

    private Stmt legalized(Stmt s) {
        Temporaries temporaries = new Temporaries(names);
        GuardedRewrite rewrite = new GuardedRewrite(temporaries, new Types());
        return temporaries.wrap(s.map(this::legalized, rewrite::apply));
    }

    private final class Types implements GuardedRewrite.Rule {
        @Override
        public boolean appliesTo(Expr e) {
            return legal(e, new Temporaries(new HashSet<>())).isPresent();
        }

        @Override
        public Expr replace(Expr e, Temporaries temporaries) {
            return legal(e, temporaries).orElseThrow();
        }
    }

    private static boolean isShortFloat(DType type) {
        return type == DType.F16 || type == DType.BF16;
    }

    private static boolean isShortInteger(DType type) {
        return type.isInteger() && type.bytes() < 4;
    }

    /** The replacement of one node whose operands are legal; empty where it is legal itself. */
    private Optional<Expr> legal(Expr e, Temporaries temporaries) {
        DType type = e.type();
        boolean computed = e instanceof Expr.Binary || e instanceof Expr.Unary || e instanceof Expr.Call;
        if (computed && e.operands().stream().anyMatch(o -> isShortFloat(o.type()))) {
            Expr wide = e.mapOperands(o -> isShortFloat(o.type()) ? convert(DType.F32, o, temporaries) : o);
            return Optional.of(isShortFloat(type) ? convert(type, wide, temporaries) : wide);
        }
        if (computed && isShortInteger(type) && e.lanes() == 1) {
            return Optional.of(new Expr.Cast(type, inWord(e)));
        }
        return e instanceof Expr.Cast(DType to, Expr operand) ? cast(to, operand, temporaries) : Optional.empty();
    }

    private static Expr inWord(Expr e) {
        if (e instanceof Expr.Binary(BinaryOp op, Expr left, Expr right)
                && (op == BinaryOp.SHL || op == BinaryOp.SHR)) {
            Expr width = new Expr.IntConst(8L * left.type().bytes() - 1, DType.I32);
            Expr distance = new Expr.Binary(BinaryOp.AND, new Expr.Cast(DType.I32, right), width);
            return new Expr.Binary(op, new Expr.Cast(DType.I32, left), distance);
        }
        return e.mapOperands(o -> new Expr.Cast(DType.I32, o));
    }

    private Optional<Expr> cast(DType to, Expr operand, Temporaries temporaries) {
        DType from = operand.type();
        boolean direct = from == DType.F32 || to == DType.F32;
        if (!isShortFloat(from) && !isShortFloat(to)) {
            return Optional.empty();
        }
        if (!direct) {
            Expr single =
                    isShortFloat(from) ? convert(DType.F32, operand, temporaries) : new Expr.Cast(DType.F32, operand);
            return Optional.of(isShortFloat(to) ? convert(to, single, temporaries) : new Expr.Cast(to, single));
        }
        boolean bySteps = from == DType.BF16 || to == DType.BF16 || !convertsHalf;
        return bySteps ? Optional.of(convert(to, operand, temporaries)) : Optional.empty();
    }

    /** A conversion between {@code F32} and a short float. */
    private Expr convert(DType to, Expr operand, Temporaries temporaries) {
        ShortFloats floats = new ShortFloats(new MathBuilder(DType.F32, operand.lanes(), true, temporaries));
        DType from = operand.type();
        if (from == DType.BF16) {
            return floats.fromBf16(operand);
        }
        if (to == DType.BF16) {
            return floats.toBf16(operand);
        }
        if (convertsHalf) {
            return new Expr.Cast(to, operand);
        }
        return from == DType.F16 ? floats.fromHalf(operand) : floats.toHalf(operand);
    }
}
