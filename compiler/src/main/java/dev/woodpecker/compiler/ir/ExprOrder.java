package dev.woodpecker.compiler.ir;

import java.util.Comparator;
import java.util.List;

/** A total order of expressions by structure, consistent with equality; it makes normal forms deterministic. */
final class ExprOrder implements Comparator<Expr> {
    static final ExprOrder INSTANCE = new ExprOrder();

    private ExprOrder() {}

    @Override
    public int compare(Expr a, Expr b) {
        if (a == b) {
            return 0;
        }
        int byKind = Integer.compare(rank(a), rank(b));
        if (byKind != 0) {
            return byKind;
        }
        int byLabel = label(a).compareTo(label(b));
        return byLabel != 0 ? byLabel : compare(a.operands(), b.operands());
    }

    int compare(List<Expr> a, List<Expr> b) {
        for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
            int order = compare(a.get(i), b.get(i));
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(a.size(), b.size());
    }

    private static int rank(Expr e) {
        return switch (e) {
            case Expr.Var _ -> 0;
            case Expr.Param _ -> 1;
            case Expr.IntConst _ -> 2;
            case Expr.FloatConst _ -> 3;
            case Expr.Binary _ -> 4;
            case Expr.Unary _ -> 5;
            case Expr.Load _ -> 6;
            case Expr.TableEntry _ -> 7;
            case Expr.Read _ -> 8;
            case Expr.Cast _ -> 9;
            case Expr.Bitcast _ -> 10;
            case Expr.Select _ -> 11;
            case Expr.Call _ -> 12;
            case Expr.Accumulator _ -> 13;
            case Expr.Reduce _ -> 14;
            case Expr.Ramp _ -> 15;
            case Expr.Broadcast _ -> 16;
            case Expr.Extract _ -> 17;
        };
    }

    /** Everything that distinguishes two nodes of one kind apart from their operands. */
    private static String label(Expr e) {
        return switch (e) {
            case Expr.Var v ->
                v.lanes() == 1 && v.type() == DType.I64 ? v.name() : v.name() + ":" + v.type() + v.lanes();
            case Expr.Param p -> p.name();
            case Expr.IntConst c -> c.type() + ":" + c.value();
            case Expr.FloatConst c -> c.type() + ":" + Double.doubleToRawLongBits(c.value());
            case Expr.Binary b -> b.op().name();
            case Expr.Unary u -> u.op().name();
            case Expr.Load l -> l.buffer().name();
            case Expr.TableEntry t -> t.table().name();
            case Expr.Read r -> r.tensor() + r.outside().isPresent() + r.origin();
            case Expr.Cast c -> c.type().name();
            case Expr.Bitcast c -> c.type().name();
            case Expr.Select _ -> "";
            case Expr.Call c -> c.function().name();
            case Expr.Accumulator a -> a.type().name();
            case Expr.Reduce r -> r.op() + r.axes().toString() + r.origin();
            case Expr.Ramp r -> r.stride() + "x" + r.lanes();
            case Expr.Broadcast b -> Integer.toString(b.lanes());
            case Expr.Extract _ -> "";
        };
    }
}
