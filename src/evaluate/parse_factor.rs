//! Factors and floors of a matrix: which fields and flags they take, and what makes points of them.

use std::collections::BTreeMap;
use std::ops::Range;

use hashbrown::HashMap;
use serde_json::Value;
use toml::Spanned;

use crate::catalog::{Applies, CUSTOMER, EntityType, Field, FieldIndex, Type, additional_value};
use crate::text::did_you_mean;

use super::form::{
    Band, FactorForm, FloorForm, GroupForm, Missing, PerForm, Pick, Points, PointsForm, Test, Texts,
};
use super::matrix::{Factor, FieldPath, Floor, Holds, Leaf, Measure, Scale};
use super::parse::Reader;
use super::wording;

impl Reader<'_> {
    pub(super) fn factor(
        &mut self,
        form: FactorForm,
        groups: &[(String, GroupForm)],
        missing: Missing,
    ) -> Option<Factor> {
        let (at, name) = (form.id.span(), form.group.get_ref());
        let known = groups.iter().map(|(name, _)| &**name);
        let group = self.find(&form.group.span(), name, known, "there is no group {}");
        let paths = match (&form.field, &form.flag, &form.additional_value) {
            (Some(_), None, None) | (None, Some(_), None) => {
                self.paths(form.field.as_ref(), form.flag.as_ref(), &form.conditions)
            }
            (None, None, Some(code)) => self.additional(code, &at),
            _ => {
                self.wrong(&at, wording::TAKES, "");
                return None;
            }
        };
        if paths.is_empty() {
            return None;
        }
        let scale = self.scale(&form, &paths)?;
        let rates = |p: &FieldPath| Some(p.field()?.classifier?.name().to_owned());
        let attribute = form.attribute.as_ref().map(|a| a.get_ref().clone());
        let attribute = attribute.zip(paths.first().and_then(rates));
        let is = matches!(scale, Scale::Is(..));
        let pick = form.pick.unwrap_or(if is { Pick::Any } else { Pick::Max });
        let fits = match pick {
            Pick::Any | Pick::All => is,
            Pick::Max | Pick::Min | Pick::Sum => !is,
            Pick::Count => {
                matches!(scale, Scale::Bands(_, Measure::Number)) && form.field.is_some()
            }
        };
        if !fits {
            self.wrong(&at, wording::PICK, "");
        }
        Some(Factor {
            applies: form.applies.or_else(|| only_for(&paths)),
            unless: self.unless(&form.unless),
            id: form.id.into_inner(),
            group: group?,
            paths,
            attribute,
            scale,
            pick,
            missing: form.missing.unwrap_or(missing),
        })
    }

    /// The additional value of the customer with a code.
    fn additional(&mut self, code: &str, at: &Range<usize>) -> Vec<FieldPath> {
        let path = self.path("Customer.listAdditionalValues[].value", at);
        let test = Test::OneOf(Texts(vec![code.to_owned()]));
        let condition = (const { additional_value("code") }, test);
        let of_code = |mut path: FieldPath| {
            path.text = format!("listAdditionalValues {code}");
            let steps = path.steps.iter_mut();
            steps.for_each(|s| s.conditions.push(condition.clone()));
            path
        };
        path.map(of_code).into_iter().collect()
    }

    /// What makes points of the values.
    fn scale(&mut self, form: &FactorForm, paths: &[FieldPath]) -> Option<Scale> {
        let at = form.id.span();
        let codes = form.attribute.is_some() || form.values.is_some();
        let (bands, age) = (form.bands.is_some(), form.age.is_some());
        for (key, useless) in [
            ("unknown", form.unknown.is_some() && !codes),
            ("age", age && !bands),
            ("per", form.per.is_some() && (age || !bands)),
        ] {
            if useless {
                self.wrong(&at, wording::USELESS, key);
            }
        }
        let points = form.points.as_ref().map(Spanned::get_ref);
        let flag = form.flag.is_some();
        let scale = match (&form.attribute, &form.values, &form.bands, form.is, points) {
            (Some(attribute), None, None, None, Some(PointsForm::Rated(rated))) if !flag => {
                self.rated(attribute, rated, form, paths)?
            }
            (None, Some(values), None, None, None) if !flag => {
                let codes = values.get_ref();
                for field in paths.iter().filter_map(FieldPath::field) {
                    self.check_words(&values.span(), field, codes.keys().map(|c| &**c));
                }
                let codes = codes.iter().map(|(code, n)| (code.clone(), (n.0, None)));
                Scale::Codes(codes.collect(), form.unknown)
            }
            (None, None, Some(bands), None, None) if !flag => self.bands(form, bands, paths)?,
            (None, None, None, is, Some(PointsForm::Fixed(points))) if is.is_some() != flag => {
                self.booleans(paths, &at);
                Scale::Is(is.unwrap_or(true), points.0)
            }
            _ => {
                self.wrong(&at, wording::POINTS, "");
                return None;
            }
        };
        Some(scale)
    }

    /// Says it where a path leads to something else than a Boolean, or a value that may be one.
    fn booleans(&mut self, paths: &[FieldPath], at: &Range<usize>) {
        let is = |f: &Field| matches!(f.ty, Type::Boolean | Type::Scalar);
        let sound = |p: &FieldPath| matches!(p.leaf, Leaf::Found(_)) || p.field().is_some_and(is);
        if !paths.iter().all(sound) {
            self.wrong(at, wording::BOOLEAN, "");
        }
    }

    /// Whether a field may hold these words: codes of its classifier, or its values.
    pub(super) fn check_words<'c>(
        &mut self,
        at: &Range<usize>,
        field: &'static Field,
        words: impl Iterator<Item = &'c str>,
    ) {
        match (field.classifier, field.ty.values()) {
            (Some(classifier), _) => self.check_codes(at, classifier, words),
            (None, []) => {}
            (None, values) => {
                let message = format!("{} is never {{}}", field.name);
                for word in words {
                    self.find(at, word, values.iter().copied(), &message);
                }
            }
        }
    }

    /// The ratings that the classifier of the fields gives its values, with the points of each.
    fn rated(
        &mut self,
        attribute: &Spanned<String>,
        rated: &BTreeMap<String, Points>,
        form: &FactorForm,
        paths: &[FieldPath],
    ) -> Option<Scale> {
        let (name, at) = (attribute.get_ref(), attribute.span());
        let classifier = |p: &FieldPath| p.field()?.classifier;
        let first = paths.first().and_then(classifier);
        let same = paths.iter().all(|p| classifier(p) == first);
        let Some(file) = first.and_then(|c| self.classifier(c)).filter(|_| same) else {
            self.wrong(&at, wording::CLASSIFIER, "");
            return None;
        };
        let known = file.values.iter().flat_map(|v| v.attributes.keys());
        let message = format!(
            "no value of the classifier {} has the attribute {{}}",
            file.name
        );
        self.find(&at, name, known.map(|k| &**k), &message)?;
        let (mut codes, mut without) = (HashMap::new(), BTreeMap::new());
        for value in &file.values {
            let rating = value.attributes.get(name).map(|rating| match rating {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            let Some(rating) = rating else { continue };
            match rated.get(&rating) {
                // A retired value is not to be given any more, so nobody keeps its rating up.
                Some(_) if value.retired => {}
                Some(n) => {
                    codes.insert(value.code.clone(), (n.0, Some(rating)));
                }
                None => {
                    without.entry(rating).or_insert(&value.code);
                }
            }
        }
        let place = form.points.as_ref().map_or(at, Spanned::span);
        for (rating, code) in without {
            let near = did_you_mean(&rating, rated.keys().map(|r| &**r));
            let message = format!(
                "{code} of the classifier {} has {name} = {rating}, which has no points here",
                file.name
            );
            let remedy = format!("add {rating} to points. {}", near.unwrap_or_default());
            self.problem(&place, message, remedy.trim_end());
        }
        Some(Scale::Codes(codes, form.unknown))
    }

    fn bands(
        &mut self,
        form: &FactorForm,
        bands: &Spanned<Vec<Band>>,
        paths: &[FieldPath],
    ) -> Option<Scale> {
        let all = bands.get_ref();
        let rises =
            |pair: &[Band]| matches!(pair, [a, b] if b.below.is_none_or(|n| a.below < Some(n)));
        let ends = all.iter().filter(|b| b.below.is_none()).count() == 1;
        let last = all.last().is_some_and(|b| b.below.is_none());
        if !(last && ends && all.windows(2).all(rises)) {
            self.wrong(&bands.span(), wording::BANDS, "");
            return None;
        }
        let number = |p: &FieldPath| match p.field().map(|f| f.ty) {
            Some(Type::Date) => form.age.is_some(),
            Some(Type::Integer | Type::BigInteger | Type::Decimal | Type::Text | Type::Scalar) => {
                form.age.is_none()
            }
            _ => false,
        };
        if form.pick != Some(Pick::Count) && !paths.iter().all(number) {
            self.wrong(&bands.span(), wording::NUMBER, "");
        }
        let measure = match (&form.age, &form.per) {
            (Some(age), _) => {
                let until = self.path(age.until.get_ref(), &age.until.span())?;
                match (until.leaf, until.field().map(|f| f.ty)) {
                    (Leaf::Field(f), Some(Type::Date)) if until.steps.is_empty() => {
                        Measure::Age(f, age.unit)
                    }
                    _ => {
                        self.wrong(&age.until.span(), wording::UNTIL, "");
                        return None;
                    }
                }
            }
            (None, Some(per)) => self.per(per, paths)?,
            (None, None) => Measure::Number,
        };
        Some(Scale::Bands(all.clone(), measure))
    }

    fn per(&mut self, per: &PerForm, paths: &[FieldPath]) -> Option<Measure> {
        let (name, at, object) = (per.field.get_ref(), per.field.span(), paths.first()?.object);
        let one_object = paths.iter().all(|p| p.object.id == object.id);
        let beside = object.fields.iter().filter(|_| one_object).map(|f| f.name);
        let index =
            FieldIndex(self.find(&at, name, beside, "the fields have no {} beside them")? as u8);
        self.check_words(&at, object.field(index), per.factor.keys().map(|k| &**k));
        if per.factor.get(&per.unit).is_none_or(|r| r.0 != r.1) {
            self.wrong(&at, wording::UNIT, &per.unit);
        }
        Some(Measure::Per(index, per.factor.clone()))
    }

    pub(super) fn floor(&mut self, form: FloorForm, factors: &[Factor]) -> Option<Floor> {
        let holds = match (
            &form.field,
            &form.flag,
            &form.factor,
            form.is,
            form.points_from,
        ) {
            (Some(_), None, None, Some(is), None) => {
                let paths = self.paths(form.field.as_ref(), None, &form.conditions);
                self.booleans(&paths, &form.id.span());
                Holds::Values(paths, is)
            }
            (None, Some(flag), None, None, None) => {
                Holds::Values(self.paths(None, Some(flag), &form.conditions), true)
            }
            (None, None, Some(ids), None, Some(from)) => {
                let known = factors.iter().map(|f| &*f.id);
                let indexes = ids.get_ref().0.iter().filter_map(|id| {
                    self.find(&ids.span(), id, known.clone(), "there is no factor {}")
                });
                Holds::Factors(indexes.collect(), from.0)
            }
            _ => {
                self.wrong(&form.id.span(), wording::FLOOR, "");
                return None;
            }
        };
        Some(Floor {
            unless: self.unless(&form.unless),
            id: form.id.into_inner(),
            holds,
            at_least: form.at_least,
            human: form.human,
        })
    }
}

/// The one kind of customer that has any of these fields, if it is one.
fn only_for(paths: &[FieldPath]) -> Option<EntityType> {
    let whom = |path: &FieldPath| {
        let field = path
            .steps
            .first()
            .map(|s| CUSTOMER.field(s.field))
            .or_else(|| path.field())?;
        match field.applies {
            Applies::Individual => Some(EntityType::Individual),
            Applies::Organization => Some(EntityType::Organization),
            Applies::Both => None,
        }
    };
    let first = paths.first().and_then(whom)?;
    paths
        .iter()
        .all(|path| whom(path) == Some(first))
        .then_some(first)
}
