package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.Map;

/** The layouts that a program would run best with, by the name of its tensor; nothing is said where any will do. */
@FunctionalInterface
interface LayoutPreferences {
    Map<String, LayoutMap> of(TensorProgram program);
}
