package dev.woodpecker.processor;

import java.util.Optional;
import javax.lang.model.element.ModuleElement;
import javax.lang.model.element.ModuleElement.ProvidesDirective;
import javax.lang.model.element.TypeElement;
import javax.lang.model.util.ElementFilter;
import javax.lang.model.util.Elements;

/** Whether a named module provides the kernels that it has. */
final class ModuleCheck {
    private static final String SERVICE = "dev.woodpecker.compiler.expr.KernelProvider";

    private final Elements elements;

    ModuleCheck(Elements elements) {
        this.elements = elements;
    }

    /** The named module of a class; empty in the unnamed module. */
    Optional<ModuleElement> moduleOf(TypeElement type) {
        return Optional.ofNullable(elements.getModuleOf(type)).filter(module -> !module.isUnnamed());
    }

    /** The line that a module lacks for a provider; empty if it has it. */
    Optional<String> missingLine(ModuleElement module, String provider) {
        for (ProvidesDirective provides : ElementFilter.providesIn(module.getDirectives())) {
            boolean isProvided = provides.getService().getQualifiedName().contentEquals(SERVICE)
                    && provides.getImplementations().stream()
                            .anyMatch(type -> type.getQualifiedName().contentEquals(provider));
            if (isProvided) {
                return Optional.empty();
            }
        }
        return Optional.of("provides " + SERVICE + " with " + provider + ";");
    }
}
